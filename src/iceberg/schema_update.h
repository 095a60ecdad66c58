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
      0;        // field id of the struct that gets the column (also a list's element or a map's value); 0: the root
  Field field;  // ids are assigned here, also to nested fields
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

// True if a column of one primitive type may become the other: int to long, float to double, a decimal to a greater
// precision with the same scale.
bool CanPromote(const Type& from, const Type& to);

// The change that lets `column` hold values of type `wanted`, ignoring ids: fields of structs are added, and types
// become wider. Other parts of the column stay. nullopt if schema evolution cannot do it.
std::optional<SchemaChange> ChangeTo(const Field& column, const Type& wanted);

// The updates for a schema change: add-schema and set-current-schema. New ids count on from last-column-id, in the
// given order. If the table has a name mapping, the new columns are added to it, as the reference implementation does.
// A column that exists with the same type, or is already as wide, is skipped, because another writer was faster.
// kInvalidArgument if it exists with another type, or if the table cannot have the column beside the others
// (ColumnNames). Empty if nothing is left to change.
Result<std::vector<TableUpdate>> ChangeSchema(const TableMetadata& base, const SchemaChange& change);
Result<std::vector<TableUpdate>> AddColumns(const TableMetadata& base, const std::vector<ColumnAddition>& additions);

}  // namespace frazil::iceberg
