// Which columns of a table are filled from the payload, and which from the Kafka record itself.
#pragma once

#include <arrow/type_fwd.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/result.h"
#include "decode/decoder.h"
#include "iceberg/column_names.h"

namespace frazil::decode {

// How the columns of a table are filled.
struct Layout {
  std::shared_ptr<arrow::Schema> schema;
  std::vector<std::optional<MetadataColumn>> sources;  // one a column; empty: the next field of `payload`
  iceberg::Field payload;                              // a struct of all columns that come from the payload
  std::vector<iceberg::Field> missing;                 // that Frazil fills, and that are not in the table yet
  std::vector<std::string> reserved;                   // names of all that Frazil fills
  int64_t columns = 0;                                 // plain ones, the missing ones included
  iceberg::ColumnNames names;                          // the missing ones included
};

// kInvalidArgument if the table's columns contradict the options.
Result<Layout> MakeLayout(const DecoderTable& table, const DecoderOptions& options);

}  // namespace frazil::decode
