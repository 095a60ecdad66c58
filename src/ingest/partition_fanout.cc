#include "ingest/partition_fanout.h"

#include <arrow/array.h>
#include <arrow/buffer.h>
#include <arrow/compute/api_vector.h>
#include <arrow/compute/initialize.h>
#include <arrow/datum.h>
#include <arrow/record_batch.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <numeric>
#include <utility>

#include "ingest/column_path.h"
#include "ingest/id_table.h"
#include "ingest/partition_column.h"
#include "parquet/arrow_error.h"

namespace frazil::ingest {
namespace {

using iceberg::Field;
using iceberg::Literal;
using iceberg::TransformKind;

// The group of each row. Groups are numbered in the order of their first rows.
struct Groups {
  std::vector<uint32_t> of_row;
  std::vector<int64_t> first_row;  // the first row of each group
};

// Numbers the pairs (ids[row], others[row]) and stores the numbers in `ids`. `width` must be greater than any of
// `others`. Returns the number of distinct pairs.
template <class Table>
size_t NumberPairs(std::vector<uint32_t>& ids, const std::vector<uint32_t>& others, uint64_t width, Table table) {
  uint32_t next = 0;
  for (size_t row = 0; row < ids.size(); ++row) {
    ids[row] = table.FindOrInsert(ids[row] * width + others[row], next);
    if (ids[row] == next) ++next;
  }
  return next;
}

Groups GroupRows(const std::vector<PartitionColumn>& columns) {
  Groups groups;
  groups.of_row = columns[0].ids;
  size_t count = columns[0].values.size();
  for (size_t c = 1; c < columns.size(); ++c) {
    const size_t width = columns[c].values.size();
    if (width == 1) continue;
    count = count * width <= SmallIdTable::kMostKeys
                ? NumberPairs(groups.of_row, columns[c].ids, width, SmallIdTable(count * width))
                : NumberPairs(groups.of_row, columns[c].ids, width, IdTable<uint64_t>());
  }
  groups.first_row.reserve(count);
  for (size_t row = 0; row < groups.of_row.size() && groups.first_row.size() < count; ++row) {
    if (groups.of_row[row] == groups.first_row.size()) groups.first_row.push_back(static_cast<int64_t>(row));
  }
  return groups;
}

// `batch` with its rows sorted by group; the order within a group is kept. `begin` holds the first index of each group.
arrow::Result<std::shared_ptr<arrow::RecordBatch>> SortByGroup(const std::shared_ptr<arrow::RecordBatch>& batch,
                                                               const std::vector<uint32_t>& group_of_row,
                                                               std::vector<int64_t> begin) {
  static const arrow::Status initialized = arrow::compute::Initialize();
  ARROW_RETURN_NOT_OK(initialized);
  ARROW_ASSIGN_OR_RAISE(std::shared_ptr<arrow::Buffer> buffer,
                        arrow::AllocateBuffer(batch->num_rows() * static_cast<int64_t>(sizeof(int32_t))));
  auto* order = reinterpret_cast<int32_t*>(buffer->mutable_data());
  for (size_t row = 0; row < group_of_row.size(); ++row) order[begin[group_of_row[row]]++] = static_cast<int32_t>(row);
  const auto indices = std::make_shared<arrow::Int32Array>(batch->num_rows(), std::move(buffer));
  ARROW_ASSIGN_OR_RAISE(const arrow::Datum sorted, arrow::compute::Take(arrow::Datum(batch), arrow::Datum(indices),
                                                                        arrow::compute::TakeOptions::NoBoundsCheck()));
  return sorted.record_batch();
}

}  // namespace

Result<PartitionFanout> PartitionFanout::Make(const iceberg::Schema& schema, const iceberg::PartitionSpec& spec) {
  PartitionFanout fanout;
  fanout.fields_ = spec.fields.size();
  for (size_t i = 0; i < spec.fields.size(); ++i) {
    const iceberg::PartitionField& field = spec.fields[i];
    if (field.transform.kind == TransformKind::kVoid) continue;
    if (field.transform.kind == TransformKind::kUnknown) {
      return Fail(ErrorKind::kUnsupported,
                  "partition field {} has transform {}, which is not known: the table can be read, not written",
                  field.name, field.transform.ToString());
    }
    const Field* source = schema.FindById(field.source_id);
    if (source == nullptr) continue;  // dropped: no row has a value, and every transform of null is null
    std::vector<int> path = PathTo(schema.fields(), field.source_id);
    if (path.empty()) {
      return Fail(ErrorKind::kInvalidArgument, "partition field {} has source column {}, which is in a list or map",
                  field.name, schema.FullName(field.source_id));
    }
    if (const auto type = field.transform.ResultType(*source->type); !type) return Wrap(type.error(), field.name);
    fanout.sources_.push_back({i, std::move(path), source->type, field.transform});
  }
  return fanout;
}

Result<std::vector<PartitionFanout::Part>> PartitionFanout::Split(
    const std::shared_ptr<arrow::RecordBatch>& batch) const {
  std::vector<Part> parts;
  if (batch->num_rows() == 0) return parts;
  if (sources_.empty()) {
    parts.push_back({std::vector<Literal>(fields_), batch});
    return parts;
  }
  if (batch->num_rows() > std::numeric_limits<int32_t>::max()) {
    return Fail(ErrorKind::kInternal, "a batch of {} rows is too large to split", batch->num_rows());
  }

  std::vector<PartitionColumn> columns;
  columns.reserve(sources_.size());
  for (const Source& source : sources_) {
    const auto array = ColumnAt(*batch, source.path);
    if (!array.ok()) return parquet::ArrowError(array.status(), "looking at the column of a partition");
    FRAZIL_ASSIGN_OR_RETURN(PartitionColumn column, TransformColumn(*source.type, source.transform, **array));
    columns.push_back(std::move(column));
  }
  const Groups groups = GroupRows(columns);
  const auto partition_of = [&](size_t group) {
    std::vector<Literal> partition(fields_);
    const auto row = static_cast<size_t>(groups.first_row[group]);
    for (size_t c = 0; c < columns.size(); ++c)
      partition[sources_[c].position] = columns[c].values[columns[c].ids[row]];
    return partition;
  };
  if (groups.first_row.size() == 1) {
    parts.push_back({partition_of(0), batch});
    return parts;
  }

  std::vector<int64_t> begin(groups.first_row.size() + 1);
  for (const uint32_t group : groups.of_row) ++begin[group + 1];
  std::partial_sum(begin.begin(), begin.end(), begin.begin());
  std::shared_ptr<arrow::RecordBatch> sorted = batch;
  if (!std::is_sorted(groups.of_row.begin(), groups.of_row.end())) {
    auto taken = SortByGroup(batch, groups.of_row, begin);
    if (!taken.ok()) return parquet::ArrowError(taken.status(), "splitting rows by partition");
    sorted = *std::move(taken);
  }
  parts.reserve(groups.first_row.size());
  for (size_t group = 0; group + 1 < begin.size(); ++group) {
    parts.push_back({partition_of(group), sorted->Slice(begin[group], begin[group + 1] - begin[group])});
  }
  return parts;
}

}  // namespace frazil::ingest
