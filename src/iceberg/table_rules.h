// Rules for schemas, specs and sort orders that we add to a table. Tables of other writers are read without these
// checks.
#pragma once

#include <cstdint>
#include <vector>

#include "common/result.h"
#include "iceberg/partition_spec.h"
#include "iceberg/schema.h"
#include "iceberg/sort_order.h"
#include "iceberg/table_metadata.h"

namespace frazil::iceberg {

// The first format version that has the type.
int32_t FirstVersionWith(TypeKind kind);

// Checks a schema: types and defaults must exist in `format_version`, ids and full names must be unique, and identifier
// fields must obey the spec (required, primitive, not float or double, not below a list, map or optional struct).
Status CheckSchema(const Schema& schema, int32_t format_version);

// Checks the names of a current schema beside all specs of the table, with old ones, by the rules of ColumnNames.
Status CheckNames(const std::vector<PartitionSpecPtr>& specs, const Schema& schema);

// Checks what the reference implementation and PyIceberg demand before they load a table: names and ids of all schemas,
// with old ones, and the names of its specs beside the current schema. kCorrupt if it fails.
Status CheckLoadable(const TableMetadata& table);

// Checks a new spec: sources as in CheckSources, known transforms, unique names. A field may have the name of a column
// only if it is that column's identity.
Status CheckNewSpec(const PartitionSpec& spec, const Schema& schema);

// Checks a default spec: the source columns must exist outside of lists and maps, and the transforms must accept them.
Status CheckSources(const PartitionSpec& spec, const Schema& schema);

Status CheckSortOrder(const SortOrder& order, const Schema& schema);

// True if the fields are the same apart from their ids: sources, transforms and names.
bool EquivalentFields(const PartitionSpec& a, const PartitionSpec& b);

}  // namespace frazil::iceberg
