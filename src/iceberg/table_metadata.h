// Table metadata (spec, "Table Metadata"): the whole state of a table, as plain values.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "iceberg/partition_spec.h"
#include "iceberg/schema.h"
#include "iceberg/snapshot_list.h"
#include "iceberg/sort_order.h"

namespace frazil::iceberg {

struct SnapshotRef {
  int64_t snapshot_id = 0;
  bool is_branch = true;
  std::optional<int32_t> min_snapshots_to_keep = {};
  std::optional<int64_t> max_snapshot_age_ms = {};
  std::optional<int64_t> max_ref_age_ms = {};
  bool operator==(const SnapshotRef&) const = default;
};

struct SnapshotLogEntry {
  int64_t timestamp_ms = 0;
  int64_t snapshot_id = 0;
};
struct MetadataLogEntry {
  int64_t timestamp_ms = 0;
  std::string metadata_file;
};

constexpr std::string_view kMainBranch = "main";

struct TableMetadata {
  int32_t format_version = 2;
  std::string table_uuid;  // may be empty in v1
  std::string location;
  int64_t last_sequence_number = 0;
  int64_t last_updated_ms = 0;
  int32_t last_column_id = 0;
  std::vector<SchemaPtr> schemas;
  int32_t current_schema_id = 0;
  std::vector<PartitionSpecPtr> partition_specs;
  int32_t default_spec_id = 0;
  int32_t last_partition_id = kFirstPartitionFieldId - 1;
  std::vector<SortOrder> sort_orders;
  int32_t default_sort_order_id = 0;
  std::map<std::string, std::string> properties;
  std::optional<int64_t> current_snapshot_id;
  SnapshotList snapshots;
  // True if the catalog was not asked for the whole history. A snapshot may exist that is neither in `snapshots` nor in
  // a ref, and the logs and `carried` may be older. Such metadata is never written.
  bool history_is_cut = false;
  // True if the catalog shows only the current snapshot, without a parent, and hides what the table was before
  // (Nessie). A rollback there also rolls back properties, schemas and their ids, and no requirement notices that.
  bool shows_head_alone = false;
  std::vector<SnapshotLogEntry> snapshot_log;
  std::vector<MetadataLogEntry> metadata_log;
  std::map<std::string, SnapshotRef> refs;
  std::optional<int64_t> next_row_id;  // v3
  // Other members of the JSON, kept as JSON text (statistics, partition-statistics, encryption-keys, …).
  std::map<std::string, std::string> carried;

  SchemaPtr schema() const;                             // the current schema; never null in valid metadata
  PartitionSpecPtr spec() const;                        // the default spec
  SchemaPtr FindSchema(int32_t id) const;               // null if absent
  PartitionSpecPtr FindSpec(int32_t id) const;          // null if absent
  const Snapshot* FindSnapshot(int64_t id) const;       // null if absent
  const Snapshot* RefHead(std::string_view ref) const;  // null if there is no such ref
  // The parent of `snapshot`. Null if it has none, or if the parent is missing. Also null if the parent does not come
  // before it, so that damaged metadata cannot lead to an endless loop.
  const Snapshot* ParentOf(const Snapshot& snapshot) const;
  std::string Property(std::string_view key, std::string_view otherwise) const;
};
using TableMetadataPtr = std::shared_ptr<const TableMetadata>;

}  // namespace frazil::iceberg
