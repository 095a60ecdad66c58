// What schemas, specs and sort orders must obey to become part of a table. Tables of others are read without these.
#pragma once

#include "common/result.h"
#include "iceberg/partition_spec.h"
#include "iceberg/schema.h"
#include "iceberg/sort_order.h"

namespace frazil::iceberg {

// Types and defaults that `format_version` knows, no name twice in a struct, identifier fields as the spec wants them
// (required, primitive, no float or double, not below a list, map or optional struct).
Status CheckSchema(const Schema& schema, int32_t format_version);

// Sources that exist outside lists and maps and that the transforms take, names once, no unknown transform. A name may
// be that of a column only if the field is that column's identity.
Status CheckSpec(const PartitionSpec& spec, const Schema& schema);

Status CheckSortOrder(const SortOrder& order, const Schema& schema);

// The same fields but for their ids: sources, transforms and names.
bool EquivalentFields(const PartitionSpec& a, const PartitionSpec& b);

}  // namespace frazil::iceberg
