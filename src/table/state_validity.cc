#include "table/state_validity.h"

#include "common/failpoint.h"
#include "iceberg/manifest_packing.h"

namespace frazil::table {
namespace {

// Whether the summary tells that the snapshot has files which it did not add itself.
bool HasOlderFiles(const iceberg::Snapshot& snapshot) {
  const auto number = [&](const char* key) { return iceberg::ParseTotal(snapshot.summary, key).value_or(0); };
  return number("total-data-files") > number("added-data-files");
}

}  // namespace

bool BeginsHistory(const iceberg::Snapshot& snapshot) {
  return !snapshot.parent_snapshot_id && !HasOlderFiles(snapshot);
}

StateValidity CheckValidity(const OffsetState& state, const iceberg::TableMetadata& metadata) {
  if (FRAZIL_GUARD("not-copied") && state.table_uuid != metadata.table_uuid) return StateValidity::kCopied;
  if (!FRAZIL_GUARD("not-rolled-back")) return StateValidity::kValid;
  // Of a cut history only what it holds is believed, not what it seems to lack.
  const auto unless_cut = [&](StateValidity found) {
    return metadata.history_is_cut ? StateValidity::kUnknown : found;
  };
  const iceberg::Snapshot* snapshot = metadata.RefHead(state.ref);
  if (snapshot == nullptr) return unless_cut(StateValidity::kRolledBack);
  for (;;) {
    if (snapshot->snapshot_id == state.snapshot_id || snapshot->parent_snapshot_id == state.snapshot_id) {
      return StateValidity::kValid;
    }
    // Snapshots at or below the stored sequence number that are not the stored one: another line of history.
    if (snapshot->sequence_number <= state.sequence_number) return unless_cut(StateValidity::kRolledBack);
    if (!snapshot->parent_snapshot_id) {
      // A rollback there takes the state back as well.
      if (metadata.shows_head_alone) return StateValidity::kValid;
      const bool cut = !BeginsHistory(*snapshot) && metadata.FindSnapshot(state.snapshot_id) == nullptr;
      return unless_cut(cut ? StateValidity::kValid : StateValidity::kRolledBack);
    }
    const iceberg::Snapshot* parent = metadata.ParentOf(*snapshot);
    // The chain was cut by expiry; all of it is newer than the stored commit, which lies behind the cut.
    if (parent == nullptr) return unless_cut(StateValidity::kValid);
    snapshot = parent;
  }
}

}  // namespace frazil::table
