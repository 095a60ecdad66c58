// Changes of a schema (spec, "Schema Evolution"): new optional columns at the end of the root or of a nested struct,
// types that become wider, other names, required columns that become optional, and columns that go.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/result.h"
#include "iceberg/table_metadata.h"
#include "iceberg/table_update.h"

namespace frazil::iceberg {

struct ColumnAddition {
  int32_t parent_id =
      0;        // field id of the struct that gets the column (also a list's element or a map's value); 0: the root
  Field field;  // ids are assigned here, also to nested fields
  bool operator==(const ColumnAddition&) const = default;
};

struct ColumnPromotion {
  int32_t field_id = 0;
  TypePtr type;
  bool operator==(const ColumnPromotion& other) const;  // by what the types are
};

struct ColumnRename {
  int32_t field_id = 0;
  std::string name;  // its own, without those above it
  bool operator==(const ColumnRename&) const = default;
};

// Of columns by their ids, so that it means the same on any base: rows that are there are read under the new names, as
// the wider types.
struct SchemaChange {
  std::vector<ColumnAddition> additions = {};
  std::vector<ColumnPromotion> promotions = {};
  std::vector<ColumnRename> renames = {};
  std::vector<int32_t> relaxed = {};  // required ones that become optional
  std::vector<int32_t> drops = {};
  bool empty() const {
    return additions.empty() && promotions.empty() && renames.empty() && relaxed.empty() && drops.empty();
  }
  bool operator==(const SchemaChange&) const = default;
};

// Whether a column of one primitive type may become one of the other in a table of that format version: int to long,
// float to double, decimals to more digits before the point; from version 3 on date to timestamp, and unknown to any.
bool CanPromote(const Type& from, const Type& to, int32_t format_version = 2);

// What a table's column lacks to hold what `wanted` describes, ids aside: fields of structs are added, types become
// wider; what the column has beyond that may stay. nullopt if schema evolution does not lead there.
std::optional<SchemaChange> ChangeTo(const Field& column, const Type& wanted, int32_t format_version = 2);

// add-schema and set-current-schema for `base` with this change, ids from last-column-id on, in the given order; and
// where the table has a name mapping, that with the new columns and names in it, as the reference does it. What is so
// already is passed over (someone else was quicker): a column that is there with the same type, is as wide, has the
// name, is optional, or is gone. kInvalidArgument where the table cannot have it: two columns of one name or full name
// (ColumnNames), a type that does not become the other, a column to drop that partitions or sorts the table or
// identifies its rows, the last one of a struct. Renames come first, then drops. No updates when nothing is left to
// change.
Result<std::vector<TableUpdate>> ChangeSchema(const TableMetadata& base, const SchemaChange& change);
Result<std::vector<TableUpdate>> AddColumns(const TableMetadata& base, const std::vector<ColumnAddition>& additions);

}  // namespace frazil::iceberg
