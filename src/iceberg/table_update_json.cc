// Updates and requirements as JSON of the REST protocol.
#include <nlohmann/json.hpp>

#include "iceberg/metadata_json.h"
#include "iceberg/schema_json.h"
#include "iceberg/table_update.h"

namespace frazil::iceberg {
namespace {

using nlohmann::json;

struct UpdateToJson {
  json operator()(const AssignUuid& update) const { return {{"action", "assign-uuid"}, {"uuid", update.uuid}}; }
  json operator()(const UpgradeFormatVersion& update) const {
    return {{"action", "upgrade-format-version"}, {"format-version", update.format_version}};
  }
  json operator()(const AddSchema& update) const {
    return {{"action", "add-schema"}, {"schema", ToJson(*update.schema)}, {"last-column-id", update.last_column_id}};
  }
  json operator()(const SetCurrentSchema& update) const {
    return {{"action", "set-current-schema"}, {"schema-id", update.schema_id}};
  }
  json operator()(const AddPartitionSpec& update) const {
    return {{"action", "add-spec"}, {"spec", ToJson(*update.spec)}};
  }
  json operator()(const SetDefaultSpec& update) const {
    return {{"action", "set-default-spec"}, {"spec-id", update.spec_id}};
  }
  json operator()(const AddSortOrder& update) const {
    return {{"action", "add-sort-order"}, {"sort-order", ToJson(update.order)}};
  }
  json operator()(const SetDefaultSortOrder& update) const {
    return {{"action", "set-default-sort-order"}, {"sort-order-id", update.order_id}};
  }
  json operator()(const AddSnapshot& update) const {
    return {{"action", "add-snapshot"}, {"snapshot", ToJson(update.snapshot)}};
  }
  json operator()(const SetSnapshotRef& update) const {
    json out = ToJson(update.ref);
    out["action"] = "set-snapshot-ref";
    out["ref-name"] = update.name;
    return out;
  }
  json operator()(const RemoveSnapshotRef& update) const {
    return {{"action", "remove-snapshot-ref"}, {"ref-name", update.name}};
  }
  json operator()(const RemoveSnapshots& update) const {
    return {{"action", "remove-snapshots"}, {"snapshot-ids", update.snapshot_ids}};
  }
  json operator()(const SetLocation& update) const {
    return {{"action", "set-location"}, {"location", update.location}};
  }
  json operator()(const SetProperties& update) const {
    return {{"action", "set-properties"}, {"updates", update.updates}};
  }
  json operator()(const RemoveProperties& update) const {
    return {{"action", "remove-properties"}, {"removals", update.keys}};
  }
};

struct RequirementToJson {
  json operator()(const AssertCreate&) const { return {{"type", "assert-create"}}; }
  json operator()(const AssertTableUuid& requirement) const {
    return {{"type", "assert-table-uuid"}, {"uuid", requirement.uuid}};
  }
  json operator()(const AssertRefSnapshotId& requirement) const {
    // An explicit null means that the ref must not exist.
    return {{"type", "assert-ref-snapshot-id"},
            {"ref", requirement.ref},
            {"snapshot-id", requirement.snapshot_id ? json(*requirement.snapshot_id) : json(nullptr)}};
  }
  json operator()(const AssertLastAssignedFieldId& requirement) const {
    return {{"type", "assert-last-assigned-field-id"}, {"last-assigned-field-id", requirement.last_assigned_field_id}};
  }
  json operator()(const AssertCurrentSchemaId& requirement) const {
    return {{"type", "assert-current-schema-id"}, {"current-schema-id", requirement.current_schema_id}};
  }
  json operator()(const AssertLastAssignedPartitionId& requirement) const {
    return {{"type", "assert-last-assigned-partition-id"},
            {"last-assigned-partition-id", requirement.last_assigned_partition_id}};
  }
  json operator()(const AssertDefaultSpecId& requirement) const {
    return {{"type", "assert-default-spec-id"}, {"default-spec-id", requirement.default_spec_id}};
  }
  json operator()(const AssertDefaultSortOrderId& requirement) const {
    return {{"type", "assert-default-sort-order-id"}, {"default-sort-order-id", requirement.default_sort_order_id}};
  }
};

}  // namespace

json ToJson(const TableUpdate& update) { return std::visit(UpdateToJson{}, update); }
json ToJson(const TableRequirement& requirement) { return std::visit(RequirementToJson{}, requirement); }

}  // namespace frazil::iceberg
