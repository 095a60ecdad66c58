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
};

// Reads the footer, mostly in one request. `location` is for messages.
Result<std::unique_ptr<DataFileReader>> OpenDataFileReader(std::unique_ptr<io::InputFile> file,
                                                           const std::string& location);

}  // namespace frazil::parquet
