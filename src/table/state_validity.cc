#include "table/state_validity.h"

#include "iceberg/manifest_packing.h"

namespace frazil::table {
namespace {

// True if the summary shows that the snapshot has files that an earlier snapshot added.
bool HasOlderFiles(const iceberg::Snapshot& snapshot) {
  const auto number = [&](const char* key) { return iceberg::ParseTotal(snapshot.summary, key).value_or(0); };
  return number("total-data-files") > number("added-data-files");
}

}  // namespace

bool BeginsHistory(const iceberg::Snapshot& snapshot) {
  return !snapshot.parent_snapshot_id && !HasOlderFiles(snapshot);
}

StateValidity CheckValidity(const OffsetState& state, const iceberg::TableMetadata& metadata) {
  if (state.table_uuid != metadata.table_uuid) return StateValidity::kCopied;
  // A cut history proves only what it contains. What it lacks may exist.
  const auto unless_cut = [&](StateValidity found) {
    return metadata.history_is_cut ? StateValidity::kUnknown : found;
  };
  const iceberg::Snapshot* snapshot = metadata.RefHead(state.ref);
  if (snapshot == nullptr) return unless_cut(StateValidity::kRolledBack);
  for (;;) {
    if (snapshot->snapshot_id == state.snapshot_id || snapshot->parent_snapshot_id == state.snapshot_id) {
      return StateValidity::kValid;
    }
    // A snapshot that is not the stored one, with a number at or below the stored one, belongs to another line of
    // history.
    if (snapshot->sequence_number <= state.sequence_number) return unless_cut(StateValidity::kRolledBack);
    if (!snapshot->parent_snapshot_id) {
      // In such a catalog (Nessie), a rollback also rolls back the state.
      if (metadata.shows_head_alone) return StateValidity::kValid;
      const bool cut = !BeginsHistory(*snapshot) && metadata.FindSnapshot(state.snapshot_id) == nullptr;
      return unless_cut(cut ? StateValidity::kValid : StateValidity::kRolledBack);
    }
    const iceberg::Snapshot* parent = metadata.ParentOf(*snapshot);
    // Expiry has cut the chain here. All snapshots seen are newer than the stored commit, so it lies before the cut.
    if (parent == nullptr) return unless_cut(StateValidity::kValid);
    snapshot = parent;
  }
}

}  // namespace frazil::table
