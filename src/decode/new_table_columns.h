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

// What is there before any record is looked at: the declared columns, and what those that Frazil fills take.
struct NewTableColumns {
  std::vector<iceberg::Field> fields;     // the declared ones
  std::unordered_set<std::string> taken;  // names of those and of columns that Frazil fills
  iceberg::ColumnNames names;             // theirs, too
  int64_t columns = 0;                    // plain ones
};

// Whether records may bring columns beside those: not where `schema:` says which there are and unknown fields have
// another place.
inline bool SampleTells(const std::vector<iceberg::Field>& declared, const DecoderOptions& options) {
  return declared.empty() || options.on_unknown_field == OnUnknownField::kEvolve;
}

// kInvalidArgument if these columns are not allowed together, or not beside `names`.
Result<NewTableColumns> BeginNewTable(const std::vector<iceberg::Field>& declared, const DecoderOptions& options,
                                      iceberg::ColumnNames names);

}  // namespace frazil::decode
