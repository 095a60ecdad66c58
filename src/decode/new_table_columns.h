// Collects the columns of a new table.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_set>
#include <vector>

#include "common/result.h"
#include "decode/decoder.h"
#include "iceberg/column_names.h"
#include "iceberg/type.h"

namespace frazil::decode {

// The state before any record is read: the declared columns, and the names that metadata columns take.
struct NewTableColumns {
  std::vector<iceberg::Field> fields;     // the declared columns
  std::unordered_set<std::string> taken;  // the names of declared columns and metadata columns
  iceberg::ColumnNames names;             // the same names, with nested ones
  int64_t columns = 0;                    // the number of leaf columns
};

// kInvalidArgument if these columns are not allowed together, or not beside `names`.
Result<NewTableColumns> BeginNewTable(const std::vector<iceberg::Field>& declared, const DecoderOptions& options,
                                      iceberg::ColumnNames names);

}  // namespace frazil::decode
