#include "iceberg/ancestry.h"

namespace frazil::iceberg {

Descent IsAncestor(int64_t ancestor, const Snapshot& snapshot, const TableMetadata& table) {
  const Snapshot* wanted = table.FindSnapshot(ancestor);
  for (const Snapshot* at = &snapshot;;) {
    if (at->snapshot_id == ancestor || at->parent_snapshot_id == ancestor) return Descent::kYes;
    // Numbers only grow along a line; v1 has none.
    if (wanted != nullptr && at->sequence_number > 0 && at->sequence_number <= wanted->sequence_number) {
      return Descent::kNo;
    }
    const Snapshot* parent = table.ParentOf(*at);
    if (parent == nullptr) {
      const bool begins = !at->parent_snapshot_id && !table.shows_head_alone;
      return begins ? Descent::kNo : Descent::kUnknown;
    }
    at = parent;
  }
}

int64_t SnapshotsSince(int64_t ancestor, const Snapshot& snapshot, const TableMetadata& table) {
  int64_t count = 0;
  for (const Snapshot* at = &snapshot; at != nullptr && at->snapshot_id != ancestor; at = table.ParentOf(*at)) ++count;
  return count;
}

const Snapshot* NewestBefore(int64_t millis, const Snapshot& snapshot, const TableMetadata& table) {
  const Snapshot* at = &snapshot;
  while (at != nullptr && at->timestamp_ms >= millis) at = table.ParentOf(*at);
  return at;
}

}  // namespace frazil::iceberg
