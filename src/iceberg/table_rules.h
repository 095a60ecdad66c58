// What schemas, specs and sort orders must obey to become part of a table. Tables of others are read without these.
#pragma once

#include <cstdint>
#include <vector>

#include "common/result.h"
#include "iceberg/partition_spec.h"
#include "iceberg/schema.h"
#include "iceberg/sort_order.h"
#include "iceberg/table_metadata.h"

namespace frazil::iceberg {

// The format version that brought the type.
int32_t FirstVersionWith(TypeKind kind);

// Types and defaults that `format_version` knows, ids and full names that stand once, identifier fields as the spec
// wants them (required, primitive, no float or double, not below a list, map or optional struct).
Status CheckSchema(const Schema& schema, int32_t format_version);

// For a schema that is or becomes current, and all specs of its table, old ones too: the rules of ColumnNames.
Status CheckNames(const std::vector<PartitionSpecPtr>& specs, const Schema& schema);

// What the reference and PyIceberg ask of a table's metadata, whoever wrote it, before they load it: the names and ids
// of all its schemas, old ones too, and the names of its specs beside the current schema. kCorrupt.
Status CheckLoadable(const TableMetadata& table);

// For a new spec: sources as below, known transforms, names that stand once. A field may have the name of a column only
// if it is that column's identity.
Status CheckNewSpec(const PartitionSpec& spec, const Schema& schema);

// For a spec that is or becomes the default: sources that exist outside lists and maps and that the transforms take.
Status CheckSources(const PartitionSpec& spec, const Schema& schema);

Status CheckSortOrder(const SortOrder& order, const Schema& schema);

// The same fields but for their ids: sources, transforms and names.
bool EquivalentFields(const PartitionSpec& a, const PartitionSpec& b);

}  // namespace frazil::iceberg
