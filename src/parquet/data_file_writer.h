// Writes one Parquet data file, and returns the data that its manifest entry needs.
#pragma once

#include <arrow/type_fwd.h>

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/result.h"
#include "iceberg/data_file.h"
#include "iceberg/partition_spec.h"
#include "iceberg/schema.h"
#include "io/file_io.h"

namespace frazil::parquet {

enum class Compression { kNone, kSnappy, kGzip, kLz4, kZstd, kBrotli };
Result<Compression> ParseCompression(const std::string& name);

struct DataFileOptions {
  Compression compression = Compression::kZstd;
  std::optional<int> level;
  int64_t row_group_bytes = 128LL << 20;  // a row group ends when its encoded size reaches this
  // Decide which metrics are collected: write.metadata.metrics.default, .column.NAME and .max-inferred-column-defaults
  // (reference: MetricsConfig).
  std::map<std::string, std::string> table_properties;
};

// Not thread-safe.
class DataFileWriter {
 public:
  virtual ~DataFileWriter() = default;
  // `rows` must have the Arrow form of the schema (ToArrowSchema), with the same ids and order.
  virtual Status Write(const arrow::RecordBatch& rows) = 0;
  // Writes the open row group, if there is one, and frees its memory.
  virtual Status EndRowGroup() = 0;
  virtual int64_t rows() const = 0;
  // The bytes written so far, plus an estimate for the open row group.
  virtual int64_t EstimatedBytes() const = 0;
  // The bytes in memory: the open row group, and written bytes that are not stored yet.
  virtual int64_t BufferedBytes() const = 0;
  // Completes the file, which is then visible. `footer` becomes key-value metadata in the Parquet footer. Returns the
  // manifest entry's data. If the writer is destroyed without Close, no file appears.
  virtual Result<iceberg::DataFile> Close(const std::map<std::string, std::string>& footer) = 0;
};

// Creates a data file. All its rows must belong to `partition`.
Result<std::unique_ptr<DataFileWriter>> OpenDataFile(io::FileIo& io, const std::string& location,
                                                     const iceberg::SchemaPtr& schema, int32_t spec_id,
                                                     std::vector<iceberg::Literal> partition,
                                                     const DataFileOptions& options);

}  // namespace frazil::parquet
