// The differences between two schemas of one table, and whether rows made for the first schema are still right.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "iceberg/schema.h"

namespace frazil::iceberg {

struct FieldChange {
  enum class Kind : uint8_t { kCame, kGone, kRenamed, kRetyped, kRequired, kOptional, kDefaulted };
  Kind kind;
  std::string name;  // the full name, in the older schema if the field is there
  Field after;       // the field in the newer schema; not set for kGone
};

// Fields are matched by id at every depth (spec, "Column Projection"). If a field was added or dropped, the fields
// below it are not listed. Documentation and order do not count.
std::vector<FieldChange> ChangesBetween(const Schema& before, const Schema& after);

// True if rows of the older schema are complete rows of the newer one. That is so if only optional columns without
// defaults were added (no record that became a row had a value for them), or required columns became optional.
bool KeepsRows(const FieldChange& change);

// The change in words: "column 'a.b' was dropped", "column 'k' is long now".
std::string Describe(const FieldChange& change);

}  // namespace frazil::iceberg
