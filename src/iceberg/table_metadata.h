// Table metadata (spec, "Table Metadata"): the whole state of a table, as values.
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
  // A catalog was not asked for its whole history: a snapshot that is not among `snapshots`, and that no ref points at,
  // may be there nevertheless; the logs and what is only carried may be of before. Such metadata is never written.
  bool history_is_cut = false;
  // The catalog shows the current snapshot alone, as if it had no parent, and keeps what the table was before to
  // itself: going back there takes properties, schemas and their ids back as well, which no requirement notices.
  bool shows_head_alone = false;
  std::vector<SnapshotLogEntry> snapshot_log;
  std::vector<MetadataLogEntry> metadata_log;
  std::map<std::string, SnapshotRef> refs;
  std::optional<int64_t> next_row_id;  // v3
  // Members of the JSON that Frazil only carries (statistics, partition-statistics, encryption-keys, …), as JSON text.
  std::map<std::string, std::string> carried;

  SchemaPtr schema() const;                             // the current one; never null in valid metadata
  PartitionSpecPtr spec() const;                        // the default one
  SchemaPtr FindSchema(int32_t id) const;               // null if absent
  PartitionSpecPtr FindSpec(int32_t id) const;          // null if absent
  const Snapshot* FindSnapshot(int64_t id) const;       // null if absent
  const Snapshot* RefHead(std::string_view ref) const;  // null if the ref does not exist
  // Null if it has none, or that is not here any more; nor is one that does not come before it, lest damaged metadata
  // lead round in circles.
  const Snapshot* ParentOf(const Snapshot& snapshot) const;
  std::string Property(std::string_view key, std::string_view otherwise) const;
};
using TableMetadataPtr = std::shared_ptr<const TableMetadata>;

}  // namespace frazil::iceberg
