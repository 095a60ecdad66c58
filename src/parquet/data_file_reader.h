// Reads Parquet data files: what their footer says, single columns of them, and all of their rows.
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

// Not thread-safe. Errors name the file; kCorrupt where the bytes are no Parquet or break its rules.
class DataFileReader {
 public:
  virtual ~DataFileReader() = default;
  virtual int64_t rows() const = 0;
  // A text of the footer's key-value metadata.
  virtual std::optional<std::string> FooterText(const std::string& key) const = 0;

  // Whether the file has a plain column of this field id outside all structs, lists and maps.
  virtual bool HasColumn(int32_t field_id) const = 0;
  // Hands those columns, all of which it must have, to `take`: some rows at a time, in the order of `field_ids`, in the
  // types of ToArrowType where FromArrowSchema knows theirs.
  using Take = std::function<Status(const arrow::RecordBatch& rows)>;
  virtual Status ReadColumns(const std::vector<int32_t>& field_ids, const Take& take) = 0;

  // All columns, as FromArrowSchema tells them: kUnsupported where it cannot.
  virtual Result<std::vector<iceberg::Field>> Fields() = 0;
  // Hands all rows to `take`, some at a time, with those columns in the types of ToArrowType.
  virtual Status ReadRows(const Take& take) = 0;

  // --- What readers rely on, and what is there
  virtual FileColumns Columns(const iceberg::NameMapping* mapping) const = 0;
  // As parquet/file_columns.h says.
  virtual std::vector<std::string> WhatHindersReaders(const FileColumns& columns, const iceberg::Schema& schema,
                                                      const std::set<int32_t>& told_by_partition) const = 0;
  virtual int row_groups() const = 0;
  // The middle of the first row group: readers that are told to begin behind it leave it out. 0 if there is none.
  virtual int64_t MiddleOfFirstRowGroup() const = 0;
  // Of one row group, as the footer tells it, without NaNs.
  virtual Result<ColumnStatistics> FooterStatistics(const FileColumn& column, const iceberg::Type& type,
                                                    int row_group) const = 0;
  // The same, of its pages: as DecodeStatistics says. kCorrupt where they cannot be unpacked, or are not as many values
  // as the footer says. kUnavailable where that takes more memory than there is.
  virtual Result<ColumnStatistics> PageStatistics(const FileColumn& column, const iceberg::Type* type, int row_group,
                                                  const TakeValue& each) = 0;
};

// Reads the footer, mostly in one request. `location` is for messages. What it reads is kept in memory of `pool`, if it
// is given, which must outlive it.
Result<std::unique_ptr<DataFileReader>> OpenDataFileReader(std::unique_ptr<io::InputFile> file,
                                                           const std::string& location,
                                                           arrow::MemoryPool* pool = nullptr);

}  // namespace frazil::parquet
