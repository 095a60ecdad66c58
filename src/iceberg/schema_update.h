// Additions to a schema (spec, "Schema Evolution"): new optional columns at the end of the root or of a nested struct.
#pragma once

#include <string>
#include <vector>

#include "common/result.h"
#include "iceberg/table_metadata.h"
#include "iceberg/table_update.h"

namespace frazil::iceberg {

struct ColumnAddition {
  std::string parent;  // full name of the struct that grows; empty: the root. "list.element" reaches into lists.
  Field field;         // ids are assigned here, also below it
};

// add-schema and set-current-schema for `base` with these columns, ids from last-column-id on, in the given order.
// A column that is already there with the same type is passed over (someone else was quicker); with another type it
// is kInvalidArgument. No updates when nothing is left to add.
Result<std::vector<TableUpdate>> AddColumns(const TableMetadata& base, const std::vector<ColumnAddition>& additions);

}  // namespace frazil::iceberg
