// What differs between two schemas of one table, and what that means for rows that were made for the first.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "iceberg/schema.h"

namespace frazil::iceberg {

struct FieldChange {
  enum class Kind : uint8_t { kCame, kGone, kRenamed, kRetyped, kRequired, kOptional, kDefaulted };
  Kind kind;
  std::string name;  // its full name, before where there is one
  Field after;       // but for kGone
};

// Fields are matched by id (spec, "Column Projection"), at every depth; of a field that came or is gone, those below it
// are not named. Documentation and order do not count.
std::vector<FieldChange> ChangesBetween(const Schema& before, const Schema& after);

// Rows of the schema before are complete as rows of the schema after: only optional columns came, of which no record
// that became a row had a value, and required ones became optional.
bool KeepsRows(const FieldChange& change);

// "column 'a.b' was dropped", "column 'k' is long now".
std::string Describe(const FieldChange& change);

}  // namespace frazil::iceberg
