// One data file of an errors table (decode/error_rows.h).
#pragma once

#include <arrow/type_fwd.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "catalog/catalog.h"
#include "common/result.h"
#include "iceberg/schema.h"
#include "parquet/data_file_reader.h"
#include "record/record_batch.h"

namespace frazil::ops {

// Columns that the first replay adds: when a row became one of the main table, and by which of its snapshots.
constexpr std::string_view kReplayedAt = "replayed_at";              // timestamptz
constexpr std::string_view kReplayedSnapshot = "replayed_snapshot";  // long; null where it had expired

// Where a row's record was, and its mark.
struct StoredError {
  record::TopicPartition source;
  int64_t offset = 0;
  bool marked = false;
  std::optional<int64_t> marked_snapshot;

  // It is marked already as one that `snapshot` replayed, or that some snapshot did where that is not known. A mark
  // with another snapshot is of a replay that was rolled back.
  bool IsMarkedBy(std::optional<int64_t> snapshot) const {
    return marked && (!snapshot || marked_snapshot == snapshot);
  }
};
using VisitError = std::function<void(const StoredError& error)>;

// The columns that say so, of some rows. The arrays must outlive it.
class ErrorPositions {
 public:
  // Of rows in the Arrow form of the table's schema.
  explicit ErrorPositions(const arrow::RecordBatch& rows);
  // `times` and `snapshots` are null where nothing is marked. All are of the types above and those of ErrorFields.
  ErrorPositions(const arrow::Array& topics, const arrow::Array& partitions, const arrow::Array& offsets,
                 const arrow::Array* times, const arrow::Array* snapshots);

  // None if the row lacks topic, partition or offset.
  std::optional<StoredError> At(int64_t row) const;

 private:
  const arrow::StringArray& topics_;
  const arrow::Int32Array& partitions_;
  const arrow::Int64Array& offsets_;
  const arrow::TimestampArray* times_;
  const arrow::Int64Array* snapshots_;
};

// Not thread-safe. Of a table whose schema is one of marked errors (FilesOfErrors checks it).
class ErrorsFile {
 public:
  static Result<ErrorsFile> Open(const catalog::LoadedTable& table, const std::string& path);

  // Reads no more than is needed. Rows that lack topic, partition or offset are passed over, and so are all of a file
  // without these columns, which is another writer's.
  Status Visit(const VisitError& visit) const;
  // All rows, some at a time, in the Arrow form of the table's schema.
  Status ReadRows(const parquet::DataFileReader::Take& take) const;
  std::optional<std::string> FooterText(std::string_view key) const { return reader_->FooterText(std::string(key)); }

 private:
  ErrorsFile(std::string path, iceberg::SchemaPtr schema, std::unique_ptr<parquet::DataFileReader> reader);

  std::string path_;
  iceberg::SchemaPtr schema_;  // of the table
  std::unique_ptr<parquet::DataFileReader> reader_;
};

}  // namespace frazil::ops
