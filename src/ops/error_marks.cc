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
#include "ingest/conform_rows.h"
#include "ops/stored_errors.h"
#include "parquet/data_file_reader.h"
#include "table/offset_history.h"
#include "table/offset_state.h"

namespace frazil::ops {
namespace {

using arrow::internal::checked_cast;
using iceberg::TypeKind;

constexpr int kMostRounds = 20;

// What is to be written into which rows.
struct Marking {
  const record::RowOrigins& replayed;
  std::optional<int64_t> snapshot;
  int64_t now_ms = 0;

  // The row is among those that were replayed and does not say so yet. An older mark with another snapshot is of a
  // replay that was rolled back.
  bool IsNew(const StoredError& error) const {
    if (error.marked && (!snapshot || error.marked_snapshot == snapshot)) return false;
    return replayed.Contains(error.source.topic, error.source.partition, error.offset);
  }
};

// Rows of an errors table, in the Arrow form of its schema, with the marks that they are to have.
class MarkedRows {
 public:
  MarkedRows(const arrow::RecordBatch& rows, const Marking& marking)
      : rows_(rows),
        marking_(marking),
        at_(rows.schema()->GetFieldIndex(std::string(kReplayedAt))),
        by_(rows.schema()->GetFieldIndex(std::string(kReplayedSnapshot))),
        topics_(checked_cast<const arrow::StringArray&>(*rows.GetColumnByName("topic"))),
        partitions_(checked_cast<const arrow::Int32Array&>(*rows.GetColumnByName("partition"))),
        offsets_(checked_cast<const arrow::Int64Array&>(*rows.GetColumnByName("offset"))),
        times_(checked_cast<const arrow::TimestampArray&>(*rows.column(at_))),
        snapshots_(checked_cast<const arrow::Int64Array&>(*rows.column(by_))) {}

  arrow::Result<std::shared_ptr<arrow::RecordBatch>> Make() const {
    arrow::TimestampBuilder times(times_.type(), arrow::default_memory_pool());
    arrow::Int64Builder snapshots;
    ARROW_RETURN_NOT_OK(times.Reserve(rows_.num_rows()));
    ARROW_RETURN_NOT_OK(snapshots.Reserve(rows_.num_rows()));
    for (int64_t row = 0; row < rows_.num_rows(); ++row) {
      const bool is_new = IsNew(row);
      const auto time = is_new ? std::optional(marking_.now_ms * 1000) : ValueOf(times_, row);
      const auto snapshot = is_new ? marking_.snapshot : ValueOf(snapshots_, row);
      ARROW_RETURN_NOT_OK(time ? times.Append(*time) : times.AppendNull());
      ARROW_RETURN_NOT_OK(snapshot ? snapshots.Append(*snapshot) : snapshots.AppendNull());
    }
    arrow::ArrayVector columns = rows_.columns();
    ARROW_ASSIGN_OR_RAISE(columns[static_cast<size_t>(at_)], times.Finish());
    ARROW_ASSIGN_OR_RAISE(columns[static_cast<size_t>(by_)], snapshots.Finish());
    return arrow::RecordBatch::Make(rows_.schema(), rows_.num_rows(), std::move(columns));
  }

 private:
  template <class Array>
  static std::optional<int64_t> ValueOf(const Array& array, int64_t row) {
    return array.IsValid(row) ? std::optional<int64_t>(array.Value(row)) : std::nullopt;
  }

  bool IsNew(int64_t row) const {
    if (topics_.IsNull(row) || partitions_.IsNull(row) || offsets_.IsNull(row)) return false;
    return marking_.IsNew({{topics_.GetString(row), partitions_.Value(row)},
                           offsets_.Value(row),
                           times_.IsValid(row),
                           ValueOf(snapshots_, row)});
  }

  const arrow::RecordBatch& rows_;
  const Marking& marking_;
  const int at_;
  const int by_;
  const arrow::StringArray& topics_;
  const arrow::Int32Array& partitions_;
  const arrow::Int64Array& offsets_;
  const arrow::TimestampArray& times_;
  const arrow::Int64Array& snapshots_;
};

// One file of the table's.
class StoredFile {
 public:
  static Result<StoredFile> Open(const catalog::LoadedTable& table, const std::string& path) {
    StoredFile file;
    file.schema_ = table.metadata->schema();
    FRAZIL_ASSIGN_OR_RETURN(auto input, table.io->Open(path));
    FRAZIL_ASSIGN_OR_RETURN(file.reader_, parquet::OpenDataFileReader(std::move(input), path));
    FRAZIL_ASSIGN_OR_RETURN(auto fields, file.reader_->Fields());
    file.form_ = std::make_unique<iceberg::Schema>(0, std::move(fields));
    return file;
  }

  // All rows, in the form of the table's schema.
  Status Read(const parquet::DataFileReader::Take& take) const {
    return reader_->ReadRows([&](const arrow::RecordBatch& rows) -> Status {
      FRAZIL_ASSIGN_OR_RETURN(const auto conformed,
                              ingest::ConformRows(rows.Slice(0, rows.num_rows()), *form_, *schema_));
      return take(*conformed);
    });
  }

  // Those that say whose rows these are.
  std::map<std::string, std::string> FooterTexts() const {
    std::map<std::string, std::string> texts;
    for (const std::string_view key : {table::kFooterPipeline, table::kFooterOffsets}) {
      if (auto text = reader_->FooterText(std::string(key))) texts[std::string(key)] = *std::move(text);
    }
    return texts;
  }

 private:
  iceberg::SchemaPtr schema_;
  std::unique_ptr<parquet::DataFileReader> reader_;
  std::unique_ptr<iceberg::Schema> form_;  // of the file
};

// The same rows with their marks, in a new file of the partition of `old`.
Result<iceberg::DataFile> Rewrite(const catalog::LoadedTable& table, const iceberg::DataFile& old,
                                  const StoredFile& stored, const Marking& marking, const std::string& name,
                                  parquet::DataFileOptions options) {
  const iceberg::TableMetadata& metadata = *table.metadata;
  options.table_properties = metadata.properties;
  const std::string location = iceberg::LocationProvider(metadata).DataFile(
      metadata.FindSpec(old.spec_id)->PartitionPath(*metadata.schema(), old.partition), name);
  FRAZIL_ASSIGN_OR_RETURN(const auto writer, parquet::OpenDataFile(*table.io, location, metadata.schema(), old.spec_id,
                                                                   old.partition, options));
  FRAZIL_RETURN_IF_ERROR(stored.Read([&](const arrow::RecordBatch& rows) -> Status {
    const auto marked = MarkedRows(rows, marking).Make();
    if (!marked.ok()) return Fail(ErrorKind::kInternal, "Arrow: {}", marked.status().ToString());
    return writer->Write(**marked);
  }));
  return writer->Close(stored.FooterTexts());
}

}  // namespace

ErrorMarks::ErrorMarks(table::Committer& errors, ingest::FileNames& names, parquet::DataFileOptions options)
    : errors_(errors), names_(names), options_(std::move(options)) {}

Status ErrorMarks::AddColumns() {
  std::vector<iceberg::ColumnAddition> columns;
  const auto add = [&](std::string_view name, TypeKind kind) {
    columns.push_back({"", {.id = 0, .name = std::string(name), .type = iceberg::Type::Primitive(kind)}});
  };
  add(kReplayedAt, TypeKind::kTimestampTz);
  add(kReplayedSnapshot, TypeKind::kLong);
  FRAZIL_RETURN_IF_ERROR(errors_.table()->AddColumns(columns));
  const auto table = errors_.table()->current();
  if (table.metadata->format_version != 2) {
    return Fail(ErrorKind::kUnsupported, "format version {} can not be written, only 2",
                table.metadata->format_version);
  }
  // A file's partition would not be that of its rows any more.
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
    FRAZIL_RETURN_IF_ERROR(CheckMarkedSchema(*table.metadata->schema()));
    FRAZIL_ASSIGN_OR_RETURN(const auto files, FilesOfErrors(table));
    iceberg::SnapshotProducer::Removed old;
    std::vector<iceberg::DataFile> rewritten;
    int64_t marked = 0;
    for (const iceberg::DataFile& file : files) {
      int64_t count = 0;
      FRAZIL_RETURN_IF_ERROR(
          VisitErrors(table, file.file_path, [&](const StoredError& error) { count += marking.IsNew(error) ? 1 : 0; }));
      if (count == 0) continue;
      marked += count;
      FRAZIL_ASSIGN_OR_RETURN(const StoredFile stored, StoredFile::Open(table, file.file_path));
      FRAZIL_ASSIGN_OR_RETURN(rewritten.emplace_back(), Rewrite(table, file, stored, marking, names_.Next(), options_));
      old.files.insert(file.file_path);
    }
    if (marked == 0) return 0;
    FRAZIL_FAILPOINT("before-marks-commit");
    const auto replaced = errors_.Replace(std::move(old), std::move(rewritten),
                                          {{std::string(table::kSummaryMarked), std::to_string(marked)}});
    if (replaced) return marked;
    if (replaced.error().kind != ErrorKind::kFenced || round == kMostRounds) {
      return tl::unexpected<Error>(replaced.error());
    }
  }
}

}  // namespace frazil::ops
