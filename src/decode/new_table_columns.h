// The columns of a table that is to be made, as they are told one after the other.
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

// What is there before any record is looked at: the declared columns, and what the metadata columns take.
struct NewTableColumns {
  std::vector<iceberg::Field> fields;     // the declared ones
  std::unordered_set<std::string> taken;  // names of those and of metadata columns
  iceberg::ColumnNames names;             // theirs, too
  int64_t columns = 0;                    // plain ones
};

// kInvalidArgument where they cannot stand together, or with the `names` that are to be kept.
Result<NewTableColumns> BeginNewTable(const std::vector<iceberg::Field>& declared, const DecoderOptions& options,
                                      iceberg::ColumnNames names);

}  // namespace frazil::decode
