// Partition evolution (spec, "Partition Evolution"): changes the default spec, which applies to new files.
#pragma once

#include <vector>

#include "iceberg/table_metadata.h"
#include "iceberg/table_update.h"

namespace frazil::iceberg {

// The updates that make `fields` the default spec of `base`. Source ids are those of the current schema; field ids are
// not set. A field that an older spec has keeps its id. Empty if `fields` are the default already.
std::vector<TableUpdate> ChangeDefaultSpec(const TableMetadata& base, const std::vector<PartitionField>& fields);

// The default sort order of a table; without fields if it is missing.
SortOrder DefaultOrder(const TableMetadata& table);
// The updates that make `fields` the default sort order. Empty `fields` mean unsorted.
std::vector<TableUpdate> ChangeDefaultOrder(const TableMetadata& base, const std::vector<SortField>& fields);

}  // namespace frazil::iceberg
