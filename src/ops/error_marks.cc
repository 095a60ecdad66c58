#include "ops/error_marks.h"

#include <arrow/array.h>
#include <arrow/builder.h>
#include <arrow/record_batch.h>
#include <arrow/util/checked_cast.h>

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "common/failpoint.h"
#include "iceberg/location_provider.h"
#include "ops/stored_errors.h"
#include "parquet/arrow_error.h"
#include "table/offset_history.h"
#include "table/offset_notes.h"
#include "table/offset_state.h"

namespace frazil::ops {
namespace {

using arrow::internal::checked_cast;
using iceberg::TypeKind;

constexpr int kMostRounds = 20;

// The mark, and the rows that get it.
struct Marking {
  const record::RowOrigins& replayed;
  std::optional<int64_t> snapshot;
  int64_t now_ms = 0;

  // True if the row was replayed and does not have this mark yet.
  bool IsNew(const StoredError& error) const {
    return !error.IsMarkedBy(snapshot) && replayed.Contains(error.source.topic, error.source.partition, error.offset);
  }
};

// The rows with the new marks. `rows` must have the Arrow form of the errors table's schema.
arrow::Result<std::shared_ptr<arrow::RecordBatch>> WithMarks(const arrow::RecordBatch& rows, const Marking& marking) {
  const int at = rows.schema()->GetFieldIndex(std::string(kReplayedAt));
  const int by = rows.schema()->GetFieldIndex(std::string(kReplayedSnapshot));
  const auto& old_times = checked_cast<const arrow::TimestampArray&>(*rows.column(at));
  const auto& old_snapshots = checked_cast<const arrow::Int64Array&>(*rows.column(by));
  const auto value_of = [](const auto& array, int64_t row) {
    return array.IsValid(row) ? std::optional<int64_t>(array.Value(row)) : std::nullopt;
  };
  const ErrorPositions positions(rows);
  arrow::TimestampBuilder times(old_times.type(), arrow::default_memory_pool());
  arrow::Int64Builder snapshots;
  ARROW_RETURN_NOT_OK(times.Reserve(rows.num_rows()));
  ARROW_RETURN_NOT_OK(snapshots.Reserve(rows.num_rows()));
  for (int64_t row = 0; row < rows.num_rows(); ++row) {
    const auto error = positions.At(row);
    const bool is_new = error && marking.IsNew(*error);
    const auto time = is_new ? std::optional(marking.now_ms * 1000) : value_of(old_times, row);
    const auto snapshot = is_new ? marking.snapshot : value_of(old_snapshots, row);
    ARROW_RETURN_NOT_OK(time ? times.Append(*time) : times.AppendNull());
    ARROW_RETURN_NOT_OK(snapshot ? snapshots.Append(*snapshot) : snapshots.AppendNull());
  }
  arrow::ArrayVector columns = rows.columns();
  ARROW_ASSIGN_OR_RAISE(columns[static_cast<size_t>(at)], times.Finish());
  ARROW_ASSIGN_OR_RAISE(columns[static_cast<size_t>(by)], snapshots.Finish());
  return arrow::RecordBatch::Make(rows.schema(), rows.num_rows(), std::move(columns));
}

// Writes the rows of `old` with their marks into a new file in the same partition.
Result<iceberg::DataFile> Rewrite(const catalog::LoadedTable& table, const iceberg::DataFile& old,
                                  const ErrorsFile& stored, const Marking& marking, const std::string& name,
                                  parquet::DataFileOptions options) {
  const iceberg::TableMetadata& metadata = *table.metadata;
  options.table_properties = metadata.properties;
  const std::string location = iceberg::LocationProvider(metadata).DataFile(
      metadata.FindSpec(old.spec_id)->PartitionPath(*metadata.schema(), old.partition), name);
  FRAZIL_ASSIGN_OR_RETURN(const auto writer, parquet::OpenDataFile(*table.io, location, metadata.schema(), old.spec_id,
                                                                   old.partition, options));
  FRAZIL_RETURN_IF_ERROR(stored.ReadRows([&](const arrow::RecordBatch& rows) -> Status {
    const auto marked = WithMarks(rows, marking);
    if (!marked.ok()) return parquet::ArrowError(marked.status(), "marking bad records");
    return writer->Write(**marked);
  }));
  std::map<std::string, std::string> footer;  // whose rows these are
  for (const std::string_view key : {table::kFooterPipeline, table::kFooterOffsets}) {
    if (auto text = stored.FooterText(key)) footer[std::string(key)] = *std::move(text);
  }
  return writer->Close(footer);
}

}  // namespace

ErrorMarks::ErrorMarks(table::Committer& errors, ingest::FileNames& names, parquet::DataFileOptions options)
    : errors_(errors), names_(names), options_(std::move(options)) {}

Status ErrorMarks::AddColumns() {
  std::vector<iceberg::ColumnAddition> columns;
  const auto add = [&](std::string_view name, TypeKind kind) {
    columns.push_back({0, {.id = 0, .name = std::string(name), .type = iceberg::Type::Primitive(kind)}});
  };
  add(kReplayedAt, TypeKind::kTimestampTz);
  add(kReplayedSnapshot, TypeKind::kLong);
  FRAZIL_RETURN_IF_ERROR(errors_.table()->AddColumns(columns));
  const auto table = errors_.table()->current();
  if (table.metadata->format_version != 2) {
    return Fail(ErrorKind::kUnsupported, "format version {} can not be written, only 2",
                table.metadata->format_version);
  }
  // If the table were partitioned by a mark, the new file's rows would belong to another partition.
  const iceberg::Schema& schema = *table.metadata->schema();
  for (const auto& spec : table.metadata->partition_specs) {
    for (const auto& field : spec->fields) {
      const std::string source = schema.FullName(field.source_id);
      if (source != kReplayedAt && source != kReplayedSnapshot) continue;
      return Fail(ErrorKind::kInvalidArgument, "it is partitioned by '{}', which a replay sets", source);
    }
  }
  return {};
}

Result<int64_t> ErrorMarks::Mark(const record::RowOrigins& replayed, std::optional<int64_t> snapshot, int64_t now_ms) {
  const Marking marking{replayed, snapshot, now_ms};
  for (int round = 1;; ++round) {
    FRAZIL_ASSIGN_OR_RETURN(const auto table, errors_.table()->Reload(table::Table::History::kHeads));
    FRAZIL_ASSIGN_OR_RETURN(const auto files, FilesOfErrors(table));
    std::set<iceberg::FileKey> old;
    std::vector<iceberg::DataFile> rewritten;
    int64_t marked = 0;
    for (const iceberg::DataFile& file : files) {
      int64_t count = 0;
      FRAZIL_ASSIGN_OR_RETURN(const ErrorsFile stored, ErrorsFile::Open(table, file.file_path));
      FRAZIL_RETURN_IF_ERROR(stored.Visit([&](const StoredError& error) { count += marking.IsNew(error) ? 1 : 0; }));
      if (count == 0) continue;
      marked += count;
      FRAZIL_ASSIGN_OR_RETURN(rewritten.emplace_back(), Rewrite(table, file, stored, marking, names_.Next(), options_));
      old.insert(iceberg::KeyOf(file));
    }
    if (marked == 0) return 0;
    FRAZIL_FAILPOINT("before-marks-commit");
    const auto replaced = errors_.Change(iceberg::OverwriteFiles(std::move(old), std::move(rewritten)),
                                         {{std::string(table::kSummaryMarked), std::to_string(marked)}});
    if (replaced) return marked;
    if (replaced.error().kind != ErrorKind::kFenced || round == kMostRounds) {
      return tl::unexpected<Error>(replaced.error());
    }
  }
}

}  // namespace frazil::ops
