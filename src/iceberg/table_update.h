// Changes of a table as the REST protocol names them, what they require of the table they were made for, and how they
// are applied. Every catalog speaks this: a file-based one applies the updates itself, REST sends them.
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

constexpr int32_t kLastAdded = -1;  // "the schema, spec or order this commit added last"

struct AssignUuid {
  std::string uuid;
};
struct UpgradeFormatVersion {
  int32_t format_version;
};
struct AddSchema {
  SchemaPtr schema;
  int32_t last_column_id;
};  // last-column-id is sent: Nessie wants it
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

struct AssertCreate {};  // the table does not exist yet
struct AssertTableUuid {
  std::string uuid;
};
struct AssertRefSnapshotId {
  std::string ref;
  std::optional<int64_t> snapshot_id;
};  // none: the ref must not exist
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

// What the reference derives for these updates of `base`: always the table uuid; the rest per update
// (UpdateRequirements in the reference).
std::vector<TableRequirement> RequirementsFor(const TableMetadata& base, const std::vector<TableUpdate>& updates);

// Ok, or kCommitConflict that says which assertion failed. `base` is null when the table does not exist.
Status CheckRequirements(const TableMetadata* base, const std::vector<TableRequirement>& requirements);

struct NewTable {
  std::string location;
  std::vector<Field> schema;         // ids are assigned anew
  std::vector<PartitionField> spec;  // source ids are ids of `schema`; field ids are assigned anew
  SortOrder sort_order;
  std::map<std::string, std::string> properties;
  int32_t format_version = 2;
};
// Metadata of a table that does not exist yet, ids assigned as the reference does it.
Result<TableMetadata> MakeTableMetadata(const NewTable& table, int64_t now_ms);

// `base` with the updates applied and all invariants of the spec kept (last ids, logs, refs, sequence numbers; a
// timestamp never before the last one's). `now_ms` becomes last-updated-ms. The metadata log gets
// `base_metadata_location` and is cut to write.metadata.previous-versions-max (100).
Result<TableMetadata> ApplyUpdates(const TableMetadata& base, const std::string& base_metadata_location,
                                   const std::vector<TableUpdate>& updates, int64_t now_ms);

}  // namespace frazil::iceberg
