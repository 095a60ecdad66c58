// Writes one Parquet data file and says what manifests must know of it.
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
  int64_t row_group_bytes = 128LL << 20;  // encoded; a row group is cut when it has grown to this
  // Table properties decide what metrics are kept: write.metadata.metrics.default, …column.NAME, max-inferred-column-
  // defaults (reference: MetricsConfig).
  std::map<std::string, std::string> table_properties;
};

// Not thread-safe.
class DataFileWriter {
 public:
  virtual ~DataFileWriter() = default;
  // `rows` must have the schema's Arrow form (ToArrowSchema), ids and order alike.
  virtual Status Write(const arrow::RecordBatch& rows) = 0;
  // Writes out the open row group, if any: its memory is free afterwards.
  virtual Status EndRowGroup() = 0;
  virtual int64_t rows() const = 0;
  // Bytes in the file plus an estimate of what the open row group will take.
  virtual int64_t EstimatedBytes() const = 0;
  // Memory held: the open row group, and what of the file is not stored yet.
  virtual int64_t BufferedBytes() const = 0;
  // Completes the file; it is in place afterwards. `footer` becomes key-value metadata of the Parquet footer.
  // Destroyed without Close: no file appears.
  virtual Result<iceberg::DataFile> Close(const std::map<std::string, std::string>& footer) = 0;
};

// `partition` is the tuple every row of the file shares.
Result<std::unique_ptr<DataFileWriter>> OpenDataFile(io::FileIo& io, const std::string& location,
                                                     const iceberg::SchemaPtr& schema, int32_t spec_id,
                                                     std::vector<iceberg::Literal> partition,
                                                     const DataFileOptions& options);

}  // namespace frazil::parquet
