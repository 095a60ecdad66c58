#include "ingest/row_order.h"

#include <arrow/array.h>
#include <arrow/builder.h>
#include <arrow/compute/api_vector.h>
#include <arrow/compute/initialize.h>
#include <arrow/datum.h>
#include <arrow/extension_type.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <limits>
#include <numeric>
#include <string>
#include <utility>

#include "ingest/column_path.h"
#include "ingest/partition_column.h"
#include "parquet/arrow_error.h"

namespace frazil::ingest {
namespace {

using iceberg::TransformKind;
using iceberg::TypeKind;
using Batches = std::vector<std::shared_ptr<arrow::RecordBatch>>;

constexpr int64_t kPiece = 64 * 1024;  // rows

template <class Number, class Bits, class BitsArrow>
arrow::Result<std::shared_ptr<arrow::Array>> TotalOrder(const arrow::Array& column) {
  const Number* values = column.data()->GetValues<Number>(1);
  arrow::NumericBuilder<BitsArrow> builder;
  ARROW_RETURN_NOT_OK(builder.Reserve(column.length()));
  for (int64_t row = 0; row < column.length(); ++row) {
    if (column.IsNull(row)) {
      builder.UnsafeAppendNull();
      continue;
    }
    const Number value = values[row] == values[row] ? values[row] : std::numeric_limits<Number>::quiet_NaN();
    const auto bits = std::bit_cast<Bits>(value);
    // For negative numbers the order of the bits is reversed.
    builder.UnsafeAppend(bits < 0 ? bits ^ std::numeric_limits<Bits>::max() : bits);
  }
  return builder.Finish();
}

// For each row, the rank of its transformed value.
Result<std::shared_ptr<arrow::Array>> Ranks(const iceberg::Type& source, const iceberg::Transform& transform,
                                            const arrow::Array& column) {
  FRAZIL_ASSIGN_OR_RETURN(const PartitionColumn transformed, TransformColumn(source, transform, column));
  FRAZIL_ASSIGN_OR_RETURN(const iceberg::TypePtr type, transform.ResultType(source));
  std::vector<uint32_t> by_value(transformed.values.size());
  std::iota(by_value.begin(), by_value.end(), 0U);
  std::sort(by_value.begin(), by_value.end(), [&](uint32_t a, uint32_t b) {
    const auto& left = transformed.values[a];
    const auto& right = transformed.values[b];
    if (iceberg::IsNull(left) || iceberg::IsNull(right)) return !iceberg::IsNull(left) && iceberg::IsNull(right);
    return Compare(*type, left, right) < 0;
  });
  std::vector<int32_t> rank(by_value.size());
  for (size_t i = 0; i < by_value.size(); ++i) rank[by_value[i]] = static_cast<int32_t>(i);
  arrow::Int32Builder builder;
  const auto built = [&]() -> arrow::Result<std::shared_ptr<arrow::Array>> {
    ARROW_RETURN_NOT_OK(builder.Reserve(column.length()));
    for (const uint32_t id : transformed.ids) {
      if (iceberg::IsNull(transformed.values[id])) {
        builder.UnsafeAppendNull();
      } else {
        builder.UnsafeAppend(rank[id]);
      }
    }
    return builder.Finish();
  }();
  if (!built.ok()) return parquet::ArrowError(built.status(), "ranking values to sort rows by");
  return *built;
}

// A key column for which Arrow's order is Iceberg's order of the values.
Result<std::shared_ptr<arrow::Array>> KeyOf(const iceberg::Type& type, const iceberg::Transform& transform,
                                            std::shared_ptr<arrow::Array> column) {
  if (transform.kind != TransformKind::kIdentity) return Ranks(type, transform, *column);
  arrow::Result<std::shared_ptr<arrow::Array>> key = column;
  if (type.kind() == TypeKind::kFloat) key = TotalOrder<float, int32_t, arrow::Int32Type>(*column);
  if (type.kind() == TypeKind::kDouble) key = TotalOrder<double, int64_t, arrow::Int64Type>(*column);
  if (!key.ok()) return parquet::ArrowError(key.status(), "making keys to sort rows by");
  if ((*key)->type_id() == arrow::Type::EXTENSION) return static_cast<const arrow::ExtensionArray&>(**key).storage();
  return *key;
}

}  // namespace

std::optional<RowOrder> RowOrder::Make(const iceberg::Schema& schema, const iceberg::SortOrder& order) {
  RowOrder made;
  made.order_id_ = order.order_id;
  for (const iceberg::SortField& field : order.fields) {
    const iceberg::Field* source = schema.FindById(field.source_id);
    std::vector<int> path = PathTo(schema.fields(), field.source_id);
    if (source == nullptr || path.empty() || field.transform.kind == TransformKind::kUnknown ||
        !field.transform.ResultType(*source->type)) {
      return std::nullopt;
    }
    if (field.transform.kind == TransformKind::kVoid) continue;
    made.keys_.push_back({std::move(path), source->type, field});
  }
  if (made.keys_.empty()) return std::nullopt;
  return made;
}

Result<Batches> RowOrder::Sort(Batches batches) const {
  if (batches.empty()) return Batches();
  static const arrow::Status initialized = arrow::compute::Initialize();
  if (!initialized.ok()) return parquet::ArrowError(initialized, "sorting rows");
  arrow::Result<std::shared_ptr<arrow::RecordBatch>> whole = batches.front();
  if (batches.size() > 1) whole = arrow::ConcatenateRecordBatches(batches);
  batches.clear();
  if (!whole.ok()) return parquet::ArrowError(whole.status(), "joining rows that are to be sorted");

  arrow::FieldVector fields;
  arrow::ArrayVector arrays;
  std::vector<arrow::compute::SortKey> keys;
  for (const Key& key : keys_) {
    auto column = ColumnAt(**whole, key.path);
    if (!column.ok()) return parquet::ArrowError(column.status(), "looking at a column that rows are sorted by");
    FRAZIL_ASSIGN_OR_RETURN(auto array, KeyOf(*key.type, key.field.transform, *std::move(column)));
    const std::string name = fmt::format("{}", keys.size());
    fields.push_back(arrow::field(name, array->type()));
    arrays.push_back(std::move(array));
    keys.emplace_back(
        name, key.field.ascending ? arrow::compute::SortOrder::Ascending : arrow::compute::SortOrder::Descending,
        key.field.nulls_first ? arrow::compute::NullPlacement::AtStart : arrow::compute::NullPlacement::AtEnd);
  }
  const auto sorted = [&]() -> arrow::Result<Batches> {
    const auto by = arrow::RecordBatch::Make(arrow::schema(fields), (*whole)->num_rows(), std::move(arrays));
    ARROW_ASSIGN_OR_RAISE(const auto indices,
                          arrow::compute::SortIndices(arrow::Datum(by), arrow::compute::SortOptions(keys)));
    Batches pieces;
    for (int64_t at = 0; at < indices->length(); at += kPiece) {
      ARROW_ASSIGN_OR_RAISE(const arrow::Datum piece,
                            arrow::compute::Take(arrow::Datum(*whole), arrow::Datum(indices->Slice(at, kPiece)),
                                                 arrow::compute::TakeOptions::NoBoundsCheck()));
      pieces.push_back(piece.record_batch());
    }
    return pieces;
  }();
  if (!sorted.ok()) return parquet::ArrowError(sorted.status(), "sorting rows");
  return *sorted;
}

}  // namespace frazil::ingest
