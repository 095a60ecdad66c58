#include "catalog/commit_reply.h"

#include <algorithm>
#include <memory>
#include <set>
#include <utility>
#include <variant>

namespace frazil::catalog {

iceberg::TableMetadataPtr HeadsOf(const iceberg::TableMetadata& metadata) {
  auto heads = std::make_shared<iceberg::TableMetadata>(metadata);
  std::set<int64_t> ids;
  for (const auto& [name, ref] : metadata.refs) ids.insert(ref.snapshot_id);
  heads->snapshots.Keep(ids);
  heads->history_is_cut = std::any_of(heads->snapshots.begin(), heads->snapshots.end(), [&](const auto& snapshot) {
    return snapshot.parent_snapshot_id && !ids.contains(*snapshot.parent_snapshot_id);
  });
  return heads;
}

CommitReply::CommitReply(const iceberg::TableMetadataPtr& known, const std::vector<iceberg::TableUpdate>& updates)
    : updates_(updates), wants_all_(known == nullptr) {
  if (known == nullptr) return;
  table_uuid_ = known->table_uuid;
  snapshots_ = known->snapshots;
  for (const auto& update : updates_) {
    if (const auto* add = std::get_if<iceberg::AddSnapshot>(&update)) snapshots_.push_back(add->snapshot);
    // If the commit tags a snapshot, the caller must see what the catalog has kept of the snapshot itself.
    const auto* set = std::get_if<iceberg::SetSnapshotRef>(&update);
    wants_all_ = wants_all_ || (set != nullptr && !set->ref.is_branch);
  }
}

bool CommitReply::Suffices(std::string_view body) {
  constexpr std::string_view kMark = "\"snapshots\"";
  if (wants_all_) return false;
  const size_t from = searched_ - std::min(searched_, kMark.size());
  searched_ = body.size();
  if (body.find(kMark, from) == body.npos) return false;
  auto read = iceberg::ParseTableReplyBeginning(body, snapshots_);
  if (!read || !ShowsTheCommit(*read->metadata)) {
    wants_all_ = true;
    return false;
  }
  read->metadata = HeadsOf(*read->metadata);
  read_ = std::move(read);
  return true;
}

std::optional<iceberg::TableReply> CommitReply::Take() { return std::move(read_); }

bool CommitReply::ShowsTheCommit(const iceberg::TableMetadata& metadata) const {
  if (metadata.table_uuid != table_uuid_) return false;
  return std::all_of(updates_.begin(), updates_.end(), [&](const iceberg::TableUpdate& update) {
    const auto* set = std::get_if<iceberg::SetSnapshotRef>(&update);
    if (set == nullptr) return true;
    const auto found = metadata.refs.find(set->name);
    return found != metadata.refs.end() && found->second.snapshot_id == set->ref.snapshot_id;
  });
}

}  // namespace frazil::catalog
