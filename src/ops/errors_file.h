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

// The columns that the first replay adds: when the row's record became a row of the main table, and in which snapshot.
constexpr std::string_view kReplayedAt = "replayed_at";              // timestamptz
constexpr std::string_view kReplayedSnapshot = "replayed_snapshot";  // long; null if that snapshot had expired

// The position of a row's record in Kafka, and the row's mark.
struct StoredError {
  record::TopicPartition source;
  int64_t offset = 0;
  bool marked = false;
  std::optional<int64_t> marked_snapshot;

  // True if the row is already marked as replayed by `snapshot`, or by any snapshot if that is not known. A mark of
  // another snapshot comes from a replay that was rolled back.
  bool IsMarkedBy(std::optional<int64_t> snapshot) const {
    return marked && (!snapshot || marked_snapshot == snapshot);
  }
};
using VisitError = std::function<void(const StoredError& error)>;

// Reads StoredErrors from Arrow columns. The arrays must outlive this object.
class ErrorPositions {
 public:
  // `rows` must have the Arrow form of the errors table's schema.
  explicit ErrorPositions(const arrow::RecordBatch& rows);
  // `times` and `snapshots` are null if no row is marked. The types must be those above and those of
  // decode::ErrorFields.
  ErrorPositions(const arrow::Array& topics, const arrow::Array& partitions, const arrow::Array& offsets,
                 const arrow::Array* times, const arrow::Array* snapshots);

  // nullopt if the row lacks topic, partition or offset.
  std::optional<StoredError> At(int64_t row) const;

 private:
  const arrow::StringArray& topics_;
  const arrow::Int32Array& partitions_;
  const arrow::Int64Array& offsets_;
  const arrow::TimestampArray* times_;
  const arrow::Int64Array* snapshots_;
};

// A data file of an errors table that has the columns for marks (FilesOfErrors checks the schema). Not thread-safe.
class ErrorsFile {
 public:
  static Result<ErrorsFile> Open(const catalog::LoadedTable& table, const std::string& path);

  // Calls `visit` for each row. Reads only the columns that StoredError needs. Skips rows without topic, partition or
  // offset, and files without these columns, which another program wrote.
  Status Visit(const VisitError& visit) const;
  // Passes all rows to `take`, in batches, in the Arrow form of the table's schema.
  Status ReadRows(const parquet::DataFileReader::Take& take) const;
  std::optional<std::string> FooterText(std::string_view key) const { return reader_->FooterText(std::string(key)); }

 private:
  ErrorsFile(std::string path, iceberg::SchemaPtr schema, std::unique_ptr<parquet::DataFileReader> reader);

  std::string path_;
  iceberg::SchemaPtr schema_;  // the schema of the table
  std::unique_ptr<parquet::DataFileReader> reader_;
};

}  // namespace frazil::ops
