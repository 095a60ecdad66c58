#include "iceberg/table_update.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <limits>
#include <set>

#include "common/random.h"
#include "iceberg/json_members.h"
#include "iceberg/schema_json.h"
#include "iceberg/table_rules.h"

namespace frazil::iceberg {
namespace {

constexpr int32_t kNewestVersion = 3;

// Applies updates in order. It knows what "last added" means, and which snapshots are new.
class Applier {
 public:
  Applier(const TableMetadata& base, const std::vector<TableUpdate>& updates, int64_t now_ms)
      : before_(base), table_(base) {
    // Time in a table never goes back, whatever the writers' clocks say.
    table_.last_updated_ms = std::max(now_ms, base.last_updated_ms);
    for (const auto& update : updates) {
      if (const auto* add = std::get_if<AddSnapshot>(&update)) {
        table_.last_updated_ms = std::max(table_.last_updated_ms, add->snapshot.timestamp_ms);
      }
    }
  }

  Status operator()(const AssignUuid& update) {
    table_.table_uuid = update.uuid;
    return {};
  }

  Status operator()(const UpgradeFormatVersion& update) {
    if (update.format_version < table_.format_version) {
      return Fail(ErrorKind::kInvalidArgument, "a table of format version {} can not go back to {}",
                  table_.format_version, update.format_version);
    }
    if (update.format_version > kNewestVersion) {
      return Fail(ErrorKind::kUnsupported, "format version {} is not supported", update.format_version);
    }
    table_.format_version = update.format_version;
    if (table_.table_uuid.empty()) table_.table_uuid = RandomUuid();
    if (table_.format_version >= 3 && !table_.next_row_id) table_.next_row_id = 0;
    return {};
  }

  Status operator()(const AddSchema& update) {
    FRAZIL_RETURN_IF_ERROR(CheckSchema(*update.schema, table_.format_version));
    table_.last_column_id = std::max({table_.last_column_id, update.last_column_id, update.schema->HighestFieldId()});
    int32_t id = table_.current_schema_id;
    for (const auto& schema : table_.schemas) {
      // Unlike SameFields, this compares the documentation, too.
      if (ToJson(*schema->root()) == ToJson(*update.schema->root()) &&
          schema->identifier_field_ids() == update.schema->identifier_field_ids()) {
        added_schema_ = schema->schema_id();
        return {};
      }
      id = std::max(id, schema->schema_id() + 1);
    }
    table_.schemas.push_back(
        std::make_shared<const Schema>(id, update.schema->fields(), update.schema->identifier_field_ids()));
    added_schema_ = id;
    return {};
  }

  Status operator()(const SetCurrentSchema& update) {
    FRAZIL_ASSIGN_OR_RETURN(const int32_t id, Resolve(update.schema_id, added_schema_, "schema"));
    const auto schema = table_.FindSchema(id);
    if (schema == nullptr) return Fail(ErrorKind::kInvalidArgument, "the table has no schema {}", id);
    FRAZIL_RETURN_IF_ERROR(CheckNames(table_.partition_specs, *schema));
    table_.current_schema_id = id;
    return {};
  }

  Status operator()(const AddPartitionSpec& update) {
    FRAZIL_RETURN_IF_ERROR(CheckNewSpec(*update.spec, *table_.schema()));
    int32_t id = 0;
    for (const auto& spec : table_.partition_specs) {
      if (EquivalentFields(*spec, *update.spec)) {
        added_spec_ = spec->spec_id;
        return {};
      }
      id = std::max(id, spec->spec_id + 1);
    }
    PartitionSpec spec = *update.spec;
    spec.spec_id = id;
    for (auto& field : spec.fields) {
      if (field.field_id == 0) field.field_id = PartitionFieldId(field);
      table_.last_partition_id = std::max(table_.last_partition_id, field.field_id);
    }
    table_.partition_specs.push_back(std::make_shared<const PartitionSpec>(std::move(spec)));
    added_spec_ = id;
    return {};
  }

  Status operator()(const SetDefaultSpec& update) {
    FRAZIL_ASSIGN_OR_RETURN(const int32_t id, Resolve(update.spec_id, added_spec_, "partition spec"));
    if (table_.FindSpec(id) == nullptr) {
      return Fail(ErrorKind::kInvalidArgument, "the table has no partition spec {}", id);
    }
    table_.default_spec_id = id;
    return {};
  }

  Status operator()(const AddSortOrder& update) {
    FRAZIL_RETURN_IF_ERROR(CheckSortOrder(update.order, *table_.schema()));
    int32_t id = update.order.fields.empty() ? 0 : 1;  // 0 is reserved for "unsorted"
    for (const auto& order : table_.sort_orders) {
      if (order.fields == update.order.fields) {
        added_order_ = order.order_id;
        return {};
      }
      if (!update.order.fields.empty()) id = std::max(id, order.order_id + 1);
    }
    table_.sort_orders.push_back({.order_id = id, .fields = update.order.fields});
    added_order_ = id;
    return {};
  }

  Status operator()(const SetDefaultSortOrder& update) {
    FRAZIL_ASSIGN_OR_RETURN(const int32_t id, Resolve(update.order_id, added_order_, "sort order"));
    const bool found = std::any_of(table_.sort_orders.begin(), table_.sort_orders.end(),
                                   [id](const SortOrder& order) { return order.order_id == id; });
    if (!found) return Fail(ErrorKind::kInvalidArgument, "the table has no sort order {}", id);
    table_.default_sort_order_id = id;
    return {};
  }

  Status operator()(const AddSnapshot& update) {
    const Snapshot& snapshot = update.snapshot;
    if (table_.format_version < 2) {
      return Fail(ErrorKind::kUnsupported,
                  "the table has format version 1, which Frazil does not write; upgrade it first (in Spark: ALTER "
                  "TABLE … SET TBLPROPERTIES ('format-version'='2'))");
    }
    if (table_.snapshots.Contains(snapshot.snapshot_id)) {
      return Fail(ErrorKind::kInvalidArgument, "the table already has snapshot {}", snapshot.snapshot_id);
    }
    if (snapshot.sequence_number <= table_.last_sequence_number && snapshot.parent_snapshot_id) {
      return Fail(ErrorKind::kCommitConflict,
                  "Commit conflict - table was modified concurrently: snapshot {} has sequence number {}, the table is "
                  "at {}",
                  snapshot.snapshot_id, snapshot.sequence_number, table_.last_sequence_number);
    }
    if (table_.format_version >= 3) FRAZIL_RETURN_IF_ERROR(TakeRowIds(snapshot));
    table_.last_sequence_number = std::max(table_.last_sequence_number, snapshot.sequence_number);
    table_.snapshots.push_back(snapshot);
    added_snapshots_.insert(snapshot.snapshot_id);
    return {};
  }

  Status operator()(const SetSnapshotRef& update) {
    const Snapshot* snapshot = table_.FindSnapshot(update.ref.snapshot_id);
    if (snapshot == nullptr) {
      return Fail(ErrorKind::kInvalidArgument, "\"{}\" can not be set to snapshot {}, which the table does not have",
                  update.name, update.ref.snapshot_id);
    }
    if (update.name == kMainBranch) {
      if (!update.ref.is_branch) return Fail(ErrorKind::kInvalidArgument, "\"main\" can only be a branch");
      SetCurrentSnapshot(*snapshot);
    }
    table_.refs[update.name] = update.ref;
    return {};
  }

  Status operator()(const RemoveSnapshotRef& update) {
    RemoveRef(update.name);
    return {};
  }

  Status operator()(const RemoveSnapshots& update) {
    const std::set<int64_t> gone(update.snapshot_ids.begin(), update.snapshot_ids.end());
    table_.snapshots.Remove(gone);
    std::vector<std::string> dangling;
    for (const auto& [name, ref] : table_.refs) {
      if (gone.contains(ref.snapshot_id)) dangling.push_back(name);
    }
    for (const auto& name : dangling) RemoveRef(name);
    for (const char* member : {"statistics", "partition-statistics"}) DropStatistics(member, gone);
    // Log entries before a gap are dropped: they would show the older snapshot as current during the time of the
    // missing one.
    const auto hole = std::find_if(table_.snapshot_log.rbegin(), table_.snapshot_log.rend(),
                                   [&](const SnapshotLogEntry& entry) { return gone.contains(entry.snapshot_id); });
    table_.snapshot_log.erase(table_.snapshot_log.begin(), hole.base());
    return {};
  }

  Status operator()(const SetLocation& update) {
    table_.location = update.location;
    return {};
  }

  Status operator()(const SetProperties& update) {
    for (const auto& [key, value] : update.updates) table_.properties[key] = value;
    return {};
  }

  Status operator()(const RemoveProperties& update) {
    for (const auto& key : update.keys) table_.properties.erase(key);
    return {};
  }

  Result<TableMetadata> Finish() {
    FRAZIL_RETURN_IF_ERROR(CheckDefaults());
    // A snapshot that was current only between two updates of this change was never current for readers.
    std::erase_if(table_.snapshot_log, [&](const SnapshotLogEntry& entry) {
      return added_snapshots_.contains(entry.snapshot_id) && table_.current_snapshot_id != entry.snapshot_id;
    });
    return std::move(table_);
  }

 private:
  // Checks that new defaults fit the resulting schema. Old defaults are not checked: if another engine has dropped a
  // column that a spec or sort order uses, later changes must still be possible.
  Status CheckDefaults() const {
    const bool same_schema = table_.current_schema_id == before_.current_schema_id;
    if (!same_schema || table_.default_spec_id != before_.default_spec_id) {
      PartitionSpec spec = *table_.spec();
      std::erase_if(spec.fields, [&](const PartitionField& field) { return WasGone(field.source_id); });
      FRAZIL_RETURN_IF_ERROR(CheckSources(spec, *table_.schema()));
    }
    if (same_schema && table_.default_sort_order_id == before_.default_sort_order_id) return {};
    for (SortOrder order : table_.sort_orders) {
      if (order.order_id != table_.default_sort_order_id) continue;
      std::erase_if(order.fields, [&](const SortField& field) { return WasGone(field.source_id); });
      FRAZIL_RETURN_IF_ERROR(CheckSortOrder(order, *table_.schema()));
    }
    return {};
  }
  bool WasGone(int32_t source_id) const {
    return before_.schema()->FindById(source_id) == nullptr && table_.schema()->FindById(source_id) == nullptr;
  }

  static Result<int32_t> Resolve(int32_t id, const std::optional<int32_t>& last_added, std::string_view what) {
    if (id != kLastAdded) return id;
    if (!last_added) return Fail(ErrorKind::kInvalidArgument, "no {} was added that could be the last added", what);
    return *last_added;
  }

  // The id that another spec has for the same source and transform (spec, "Partition Evolution"), else a new id.
  int32_t PartitionFieldId(const PartitionField& wanted) const {
    for (const auto& spec : table_.partition_specs) {
      for (const auto& field : spec->fields) {
        if (field.source_id == wanted.source_id && field.transform == wanted.transform) return field.field_id;
      }
    }
    return table_.last_partition_id + 1;
  }

  // For v3 (spec, "Row Lineage").
  Status TakeRowIds(const Snapshot& snapshot) {
    if (!snapshot.first_row_id || !snapshot.added_rows) {
      return Fail(ErrorKind::kInvalidArgument, "snapshot {} lacks first-row-id or added-rows", snapshot.snapshot_id);
    }
    const int64_t next = table_.next_row_id.value_or(0);
    if (*snapshot.first_row_id < next) {
      return Fail(ErrorKind::kCommitConflict,
                  "Commit conflict - table was modified concurrently: snapshot {} begins at row id {}, the table is at "
                  "{}",
                  snapshot.snapshot_id, *snapshot.first_row_id, next);
    }
    table_.next_row_id = next + *snapshot.added_rows;
    return {};
  }

  void SetCurrentSnapshot(const Snapshot& snapshot) {
    if (table_.current_snapshot_id == snapshot.snapshot_id) return;
    table_.current_snapshot_id = snapshot.snapshot_id;
    // A rollback happens now. A new snapshot became current when it was made.
    const bool added = added_snapshots_.contains(snapshot.snapshot_id);
    table_.snapshot_log.push_back(
        {.timestamp_ms = added ? snapshot.timestamp_ms : table_.last_updated_ms, .snapshot_id = snapshot.snapshot_id});
  }

  void RemoveRef(const std::string& name) {
    if (name == kMainBranch) table_.current_snapshot_id.reset();
    table_.refs.erase(name);
  }

  void DropStatistics(const char* member, const std::set<int64_t>& gone) {
    const auto found = table_.carried.find(member);
    if (found == table_.carried.end()) return;
    auto files = json::Parse(found->second);
    if (!files || !files->is_array()) return;
    json::Json kept = json::Json::array();
    for (const auto& file : *files) {
      const auto* id = file.is_object() ? json::Find(file, "snapshot-id") : nullptr;
      if (id == nullptr || !id->is_number_integer() || !gone.contains(id->get<int64_t>())) kept.push_back(file);
    }
    found->second = json::Dump(kept);
  }

  const TableMetadata& before_;
  TableMetadata table_;
  std::optional<int32_t> added_schema_;
  std::optional<int32_t> added_spec_;
  std::optional<int32_t> added_order_;
  std::set<int64_t> added_snapshots_;
};

void AppendToMetadataLog(const TableMetadata& base, const std::string& location, TableMetadata* table) {
  if (location.empty()) return;
  constexpr size_t kDefault = 100;
  const std::string text = table->Property("write.metadata.previous-versions-max", "");
  size_t most = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), most);
  if (error != std::errc() || end != text.data() + text.size()) most = kDefault;
  most = std::max<size_t>(most, 1);
  auto& log = table->metadata_log;
  log.push_back({.timestamp_ms = base.last_updated_ms, .metadata_file = location});
  if (log.size() > most) log.erase(log.begin(), log.end() - static_cast<std::ptrdiff_t>(most));
}

}  // namespace

Result<TableMetadata> ApplyUpdates(const TableMetadata& base, const std::string& base_metadata_location,
                                   const std::vector<TableUpdate>& updates, int64_t now_ms) {
  Applier applier(base, updates, now_ms);
  for (const auto& update : updates) FRAZIL_RETURN_IF_ERROR(std::visit(applier, update));
  FRAZIL_ASSIGN_OR_RETURN(auto table, applier.Finish());
  AppendToMetadataLog(base, base_metadata_location, &table);
  return table;
}

}  // namespace frazil::iceberg
