#include "ops/errors_file.h"

#include <arrow/array.h>
#include <arrow/record_batch.h>
#include <arrow/util/checked_cast.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "ingest/conform_rows.h"

namespace frazil::ops {

using arrow::internal::checked_cast;

ErrorPositions::ErrorPositions(const arrow::Array& topics, const arrow::Array& partitions, const arrow::Array& offsets,
                               const arrow::Array* times, const arrow::Array* snapshots)
    : topics_(checked_cast<const arrow::StringArray&>(topics)),
      partitions_(checked_cast<const arrow::Int32Array&>(partitions)),
      offsets_(checked_cast<const arrow::Int64Array&>(offsets)),
      times_(checked_cast<const arrow::TimestampArray*>(times)),
      snapshots_(checked_cast<const arrow::Int64Array*>(snapshots)) {}

ErrorPositions::ErrorPositions(const arrow::RecordBatch& rows)
    : ErrorPositions(*rows.GetColumnByName("topic"), *rows.GetColumnByName("partition"),
                     *rows.GetColumnByName("offset"), rows.GetColumnByName(std::string(kReplayedAt)).get(),
                     rows.GetColumnByName(std::string(kReplayedSnapshot)).get()) {}

std::optional<StoredError> ErrorPositions::At(int64_t row) const {
  if (topics_.IsNull(row) || partitions_.IsNull(row) || offsets_.IsNull(row)) return std::nullopt;
  StoredError error{{topics_.GetString(row), partitions_.Value(row)}, offsets_.Value(row), false, std::nullopt};
  error.marked = times_ != nullptr && times_->IsValid(row);
  if (snapshots_ != nullptr && snapshots_->IsValid(row)) error.marked_snapshot = snapshots_->Value(row);
  return error;
}

ErrorsFile::ErrorsFile(std::string path, iceberg::SchemaPtr schema, std::unique_ptr<parquet::DataFileReader> reader)
    : path_(std::move(path)), schema_(std::move(schema)), reader_(std::move(reader)) {}

Result<ErrorsFile> ErrorsFile::Open(const catalog::LoadedTable& table, const std::string& path) {
  FRAZIL_ASSIGN_OR_RETURN(auto input, table.io->Open(path));
  FRAZIL_ASSIGN_OR_RETURN(auto reader, parquet::OpenDataFileReader(std::move(input), path));
  return ErrorsFile(path, table.metadata->schema(), std::move(reader));
}

Status ErrorsFile::Visit(const VisitError& visit) const {
  const auto id = [&](std::string_view name) { return schema_->FindByName(name)->id; };
  const auto has = [&](int32_t column) { return reader_->HasColumn(column); };
  std::vector<int32_t> ids = {id("topic"), id("partition"), id("offset")};
  if (!std::all_of(ids.begin(), ids.end(), has)) return {};
  const std::vector<int32_t> marks = {id(kReplayedAt), id(kReplayedSnapshot)};
  const bool marked = std::all_of(marks.begin(), marks.end(), has);
  if (marked) ids.insert(ids.end(), marks.begin(), marks.end());
  std::vector<arrow::Type::type> types = {arrow::Type::STRING, arrow::Type::INT32, arrow::Type::INT64};
  if (marked) types.insert(types.end(), {arrow::Type::TIMESTAMP, arrow::Type::INT64});
  return reader_->ReadColumns(ids, [&](const arrow::RecordBatch& rows) -> Status {
    const arrow::ArrayVector& columns = rows.columns();
    const bool as_expected = std::equal(columns.begin(), columns.end(), types.begin(), types.end(),
                                        [](const auto& column, auto type) { return column->type_id() == type; });
    if (!as_expected) return Fail(ErrorKind::kCorrupt, "{}: its columns have other types than its table", path_);
    const ErrorPositions positions(*columns[0], *columns[1], *columns[2], marked ? columns[3].get() : nullptr,
                                   marked ? columns[4].get() : nullptr);
    for (int64_t row = 0; row < rows.num_rows(); ++row) {
      if (const auto error = positions.At(row)) visit(*error);
    }
    return {};
  });
}

Status ErrorsFile::ReadRows(const parquet::DataFileReader::Take& take) const {
  FRAZIL_ASSIGN_OR_RETURN(auto fields, reader_->Fields());
  const iceberg::Schema form(0, std::move(fields));
  return reader_->ReadRows([&](const arrow::RecordBatch& rows) -> Status {
    FRAZIL_ASSIGN_OR_RETURN(const auto conformed, ingest::StoredRowsAs(rows.Slice(0, rows.num_rows()), form, *schema_));
    return take(*conformed);
  });
}

}  // namespace frazil::ops
