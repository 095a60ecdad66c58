// Reads Parquet data files: the footer, single columns, or all rows.
#pragma once

#include <arrow/type_fwd.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/result.h"
#include "iceberg/schema.h"
#include "io/file_io.h"
#include "parquet/column_statistics.h"
#include "parquet/file_columns.h"

namespace frazil::parquet {

// Not thread-safe. Errors name the file. kCorrupt if the bytes are not valid Parquet.
class DataFileReader {
 public:
  virtual ~DataFileReader() = default;
  virtual int64_t rows() const = 0;
  // The value of `key` in the footer's key-value metadata.
  virtual std::optional<std::string> FooterText(const std::string& key) const = 0;

  // True if the file has a top-level leaf column with this field id.
  virtual bool HasColumn(int32_t field_id) const = 0;
  // Reads these columns and passes them to `take` in batches, in the order of `field_ids`. HasColumn must be true for
  // each. Arrow types are those of ToArrowType, if FromArrowSchema knows the stored type.
  using Take = std::function<Status(const arrow::RecordBatch& rows)>;
  virtual Status ReadColumns(const std::vector<int32_t>& field_ids, const Take& take) = 0;

  // All columns as Iceberg fields (FromArrowSchema). kUnsupported if a column has no field id or an unknown type.
  virtual Result<std::vector<iceberg::Field>> Fields() = 0;
  // Reads all rows and passes them to `take` in batches. Arrow types are those of ToArrowType.
  virtual Status ReadRows(const Take& take) = 0;

  // --- What readers rely on, for checks.
  virtual FileColumns Columns(const iceberg::NameMapping* mapping) const = 0;
  // See parquet/file_columns.h.
  virtual std::vector<std::string> WhatHindersReaders(const FileColumns& columns, const iceberg::Schema& schema,
                                                      const std::set<int32_t>& told_by_partition) const = 0;
  virtual int row_groups() const = 0;
  // The middle of the first row group, as a byte position; 0 if there is none. A reader that is told to start after it
  // skips that row group.
  virtual int64_t MiddleOfFirstRowGroup() const = 0;
  // The statistics of one row group from the footer, without NaN counts.
  virtual Result<ColumnStatistics> FooterStatistics(const FileColumn& column, const iceberg::Type& type,
                                                    int row_group) const = 0;
  // The statistics of one row group from its pages, as DecodeStatistics. kCorrupt if pages cannot be decompressed, or
  // hold another number of values than the footer says. kUnavailable if memory runs out.
  virtual Result<ColumnStatistics> PageStatistics(const FileColumn& column, const iceberg::Type* type, int row_group,
                                                  const TakeValue& each) = 0;
};

// Opens a file and reads its footer, usually in one request. `location` is used in messages. If `pool` is given, pages
// are read into its memory, and it must outlive the reader.
Result<std::unique_ptr<DataFileReader>> OpenDataFileReader(std::unique_ptr<io::InputFile> file,
                                                           const std::string& location,
                                                           arrow::MemoryPool* pool = nullptr);

}  // namespace frazil::parquet
