// Updates of a table, with the names of the REST protocol; requirements on the table; and applying updates. All
// catalogs use this: a file-based catalog applies the updates itself, and a REST catalog sends them.
#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "common/result.h"
#include "iceberg/table_metadata.h"

namespace frazil::iceberg {

constexpr int32_t kLastAdded = -1;  // the schema, spec or order that this commit added last

struct AssignUuid {
  std::string uuid;
};
struct UpgradeFormatVersion {
  int32_t format_version;
};
struct AddSchema {
  SchemaPtr schema;
  int32_t last_column_id;
};  // last-column-id is sent because Nessie demands it
struct SetCurrentSchema {
  int32_t schema_id;
};
struct AddPartitionSpec {
  PartitionSpecPtr spec;
};
struct SetDefaultSpec {
  int32_t spec_id;
};
struct AddSortOrder {
  SortOrder order;
};
struct SetDefaultSortOrder {
  int32_t order_id;
};
struct AddSnapshot {
  Snapshot snapshot;
};
struct SetSnapshotRef {
  std::string name;
  SnapshotRef ref;
};
struct RemoveSnapshotRef {
  std::string name;
};
struct RemoveSnapshots {
  std::vector<int64_t> snapshot_ids;
};
struct SetLocation {
  std::string location;
};
struct SetProperties {
  std::map<std::string, std::string> updates;
};
struct RemoveProperties {
  std::vector<std::string> keys;
};

using TableUpdate = std::variant<AssignUuid, UpgradeFormatVersion, AddSchema, SetCurrentSchema, AddPartitionSpec,
                                 SetDefaultSpec, AddSortOrder, SetDefaultSortOrder, AddSnapshot, SetSnapshotRef,
                                 RemoveSnapshotRef, RemoveSnapshots, SetLocation, SetProperties, RemoveProperties>;

struct AssertCreate {};  // the table must not exist
struct AssertTableUuid {
  std::string uuid;
};
struct AssertRefSnapshotId {
  std::string ref;
  std::optional<int64_t> snapshot_id;
};  // nullopt: the ref must not exist
struct AssertLastAssignedFieldId {
  int32_t last_assigned_field_id;
};
struct AssertCurrentSchemaId {
  int32_t current_schema_id;
};
struct AssertLastAssignedPartitionId {
  int32_t last_assigned_partition_id;
};
struct AssertDefaultSpecId {
  int32_t default_spec_id;
};
struct AssertDefaultSortOrderId {
  int32_t default_sort_order_id;
};

using TableRequirement =
    std::variant<AssertCreate, AssertTableUuid, AssertRefSnapshotId, AssertLastAssignedFieldId, AssertCurrentSchemaId,
                 AssertLastAssignedPartitionId, AssertDefaultSpecId, AssertDefaultSortOrderId>;

nlohmann::json ToJson(const TableUpdate& update);
nlohmann::json ToJson(const TableRequirement& requirement);

// The requirements that the reference implementation derives for updates of `base`: the table's uuid always, the others
// depending on the updates (UpdateRequirements).
std::vector<TableRequirement> RequirementsFor(const TableMetadata& base, const std::vector<TableUpdate>& updates);

// kCommitConflict if a requirement does not hold; the message says which. `base` is null if the table does not exist.
Status CheckRequirements(const TableMetadata* base, const std::vector<TableRequirement>& requirements);

struct NewTable {
  std::string location;
  std::vector<Field> schema;         // new ids are assigned
  std::vector<PartitionField> spec;  // source ids refer to `schema`; new field ids are assigned
  SortOrder sort_order;
  std::map<std::string, std::string> properties;
  int32_t format_version = 2;
};
// Makes the metadata of a new table. Ids are assigned as in the reference implementation.
Result<TableMetadata> MakeTableMetadata(const NewTable& table, int64_t now_ms);

// Applies `updates` to `base`, and keeps all invariants of the spec: last ids, logs, refs, sequence numbers, and
// timestamps that never decrease. `now_ms` becomes last-updated-ms, unless that would go back. `base_metadata_location`
// is added to the metadata log, which is cut to write.metadata.previous-versions-max (100) entries.
Result<TableMetadata> ApplyUpdates(const TableMetadata& base, const std::string& base_metadata_location,
                                   const std::vector<TableUpdate>& updates, int64_t now_ms);

}  // namespace frazil::iceberg
