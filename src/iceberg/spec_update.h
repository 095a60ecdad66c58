// Partition evolution (spec, "Partition Evolution"): another default spec, for the files to come.
#pragma once

#include <vector>

#include "iceberg/table_metadata.h"
#include "iceberg/table_update.h"

namespace frazil::iceberg {

// The updates that make `fields` (source ids of the current schema, field ids not set) the default spec of `base`. A
// field that an older spec had keeps its id. No updates where they are the default already.
std::vector<TableUpdate> ChangeDefaultSpec(const TableMetadata& base, const std::vector<PartitionField>& fields);

// The default sort order of a table; without fields if it is not there.
SortOrder DefaultOrder(const TableMetadata& table);
// The same for what rows are sorted by; none: they are not.
std::vector<TableUpdate> ChangeDefaultOrder(const TableMetadata& base, const std::vector<SortField>& fields);

}  // namespace frazil::iceberg
