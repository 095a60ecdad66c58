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

// For a new spec: sources as below, known transforms, names that stand once. A field may have the name of a column only
// if it is that column's identity.
Status CheckNewSpec(const PartitionSpec& spec, const Schema& schema);

// For a spec that is or becomes the default: sources that exist outside lists and maps and that the transforms take.
Status CheckSources(const PartitionSpec& spec, const Schema& schema);

// For each spec of a table, old ones too, and a schema that becomes current: no field has the name of a column that is
// not its source. The reference can not load a table otherwise.
Status CheckNames(const PartitionSpec& spec, const Schema& schema);

Status CheckSortOrder(const SortOrder& order, const Schema& schema);

// The same fields but for their ids: sources, transforms and names.
bool EquivalentFields(const PartitionSpec& a, const PartitionSpec& b);

}  // namespace frazil::iceberg
