// Changes of a schema (spec, "Schema Evolution"): new optional columns at the end of the root or of a nested struct,
// and types that become wider.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "common/result.h"
#include "iceberg/table_metadata.h"
#include "iceberg/table_update.h"

namespace frazil::iceberg {

struct ColumnAddition {
  int32_t parent_id =
      0;        // field id of the struct that grows, which may be a list's element or a map's value; 0: the root
  Field field;  // ids are assigned here, also below it
  bool operator==(const ColumnAddition&) const = default;
};

struct ColumnPromotion {
  int32_t field_id = 0;
  TypePtr type;
};

struct SchemaChange {
  std::vector<ColumnAddition> additions;
  std::vector<ColumnPromotion> promotions;
  bool empty() const { return additions.empty() && promotions.empty(); }
};

// Whether a column of one primitive type may become one of the other: int to long, float to double, decimals to more
// digits before the point.
bool CanPromote(const Type& from, const Type& to);

// What a table's column lacks to hold what `wanted` describes, ids aside: fields of structs are added, types become
// wider; what the column has beyond that may stay. nullopt if schema evolution does not lead there.
std::optional<SchemaChange> ChangeTo(const Field& column, const Type& wanted);

// add-schema and set-current-schema for `base` with this change, ids from last-column-id on, in the given order; and
// where the table has a name mapping, that with the new columns in it, as the reference does it. A column that is
// already there with the same type, or is already as wide, is passed over (someone else was quicker); with another type
// it is kInvalidArgument, and so is a column that the table cannot have beside the others (ColumnNames). No updates
// when nothing is left to change.
Result<std::vector<TableUpdate>> ChangeSchema(const TableMetadata& base, const SchemaChange& change);
Result<std::vector<TableUpdate>> AddColumns(const TableMetadata& base, const std::vector<ColumnAddition>& additions);

}  // namespace frazil::iceberg
