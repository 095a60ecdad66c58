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
  std::string name;          // its full name, before where there is one
  Field after;               // but for kGone
  TypePtr before = nullptr;  // of kRetyped: its type
};

// Fields are matched by id at every depth (spec, "Column Projection"). If a field was added or dropped, the fields
// below it are not listed. Documentation and order do not count.
std::vector<FieldChange> ChangesBetween(const Schema& before, const Schema& after);

// Rows of the schema before are complete as rows of the schema after, and the same as if they were made for it:
// optional columns came, of which no record that became a row had a value, required ones became optional, and whole
// numbers and decimals may have more digits. Not where a float became a double: values may have been rounded.
bool KeepsRows(const FieldChange& change);

// The change in words: "column 'a.b' was dropped", "column 'k' is long now".
std::string Describe(const FieldChange& change);

}  // namespace frazil::iceberg
