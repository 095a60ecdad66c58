#include "oracle.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <functional>

#include "table/offset_history.h"
#include "table/offset_store.h"
#include "world.h"

namespace frazil::simulation {
namespace {

std::optional<int64_t> HeadOf(const iceberg::TableMetadata& table, const std::string& ref) {
  const iceberg::Snapshot* head = table.RefHead(ref);
  return head == nullptr ? std::nullopt : std::optional(head->snapshot_id);
}

bool SameRanges(const std::vector<record::OffsetRange>& some, const std::vector<record::OffsetRange>& others) {
  const auto same = [](const record::OffsetRange& a, const record::OffsetRange& b) {
    return a.source == b.source && a.first == b.first && a.next == b.next;
  };
  return std::is_permutation(some.begin(), some.end(), others.begin(), others.end(), same);
}

std::string TextOf(const std::map<int, int64_t>& next) {
  std::string text;
  for (const auto& [partition, offset] : next) text += fmt::format(" {}:{}", partition, offset);
  return text;
}

}  // namespace

void Oracle::Break(std::string what) {
  if (broken_) return;
  world_.trace.Say("ORACLE", "{}", what);
  broken_ = std::move(what);
  world_.scheduler.Stop();
}

void Oracle::Applied(const iceberg::TableMetadata& before, const iceberg::TableMetadata& after,
                     const CommitRequest& request, bool dropped) {
  const std::string& ref = world_.scenario.ref;
  const auto head_before = HeadOf(before, ref);
  head_ = HeadOf(after, ref);
  for (const auto& update : request.updates) {
    const auto* add = std::get_if<iceberg::AddSnapshot>(&update);
    if (add == nullptr) continue;
    const iceberg::Snapshot& snapshot = add->snapshot;
    const Facts* base = head_before ? &facts_.at(*head_before) : nullptr;
    // A branch that does not exist yet begins at main's head.
    if (base == nullptr && ref != iceberg::kMainBranch) {
      if (const auto main = HeadOf(before, "main")) base = &facts_.at(*main);
    }
    Facts facts;
    facts.parent = snapshot.parent_snapshot_id;
    facts.sender = request.sender;
    if (!ReadFiles(snapshot, facts) || !ReadRanges(snapshot, facts)) return;
    if (facts.by_pipeline) {
      if (world_.incident_came(Incident::kTableCopied)) {
        return Break(fmt::format("{} commits to a copy of its table", request.sender));
      }
      if (world_.incident_came(Incident::kTopicRecreated) && request.topic_id == world_.topic.id()) {
        return Break(fmt::format("{} goes on with the offsets of another topic", request.sender));
      }
      CheckAppend(base, facts);
      // Starts that no form has kept are none: nothing has been read from them, and the next process records its own.
      if (dropped && !established()) std::erase_if(facts.ranges, std::mem_fn(&record::OffsetRange::is_start));
      TakeBase(base, request, facts);
      Move(facts);
    } else if (base != nullptr && snapshot.parent_snapshot_id) {
      facts.next = facts_.at(*snapshot.parent_snapshot_id).next;
      facts.left_away = facts_.at(*snapshot.parent_snapshot_id).left_away;
    }
    world_.trace.Say("catalog", "takes snapshot {} of {}:{} stands at{}{}", snapshot.snapshot_id, request.sender,
                     facts.by_pipeline ? "" : " (foreign)", TextOf(facts.next), dropped ? ", offsets dropped" : "");
    const auto& known = facts_.insert_or_assign(snapshot.snapshot_id, std::move(facts)).first->second;
    if (broken_) return;
    if (known.by_pipeline) {
      state_is_behind_ = dropped;
      if (!dropped) state_snapshot_ = snapshot.snapshot_id;
      for (const auto& [partition, next] : known.next) ever_stood_[partition].insert(next);
      if (!dropped) CheckState(after, request.pipeline, known);
    }
  }
  was_rolled_back_ |= rolled_back();
  if (head_ && head_ != head_before && !rolled_back()) CheckRows(facts_.at(*head_));
}

bool Oracle::ReadFiles(const iceberg::Snapshot& snapshot, Facts& facts) {
  auto& files = *world_.storage.files();
  facts.manifest_list = snapshot.manifest_list;
  const auto list = files.ReadAll(snapshot.manifest_list);
  const auto manifests = list ? iceberg::ReadManifestList(*list) : tl::unexpected<Error>(list.error());
  if (!manifests) {
    Break(fmt::format("snapshot {} cannot be read: {}", snapshot.snapshot_id, manifests.error().message));
    return false;
  }
  for (const iceberg::ManifestFile& manifest : *manifests) {
    facts.manifests.push_back(manifest.manifest_path);
    auto known = manifests_.find(manifest.manifest_path);
    if (known == manifests_.end()) {
      const auto bytes = files.ReadAll(manifest.manifest_path);
      auto entries = bytes ? iceberg::ReadManifest(*bytes, manifest) : tl::unexpected<Error>(bytes.error());
      if (!entries) {
        Break(fmt::format("snapshot {} cannot be read: {}", snapshot.snapshot_id, entries.error().message));
        return false;
      }
      known = manifests_.emplace(manifest.manifest_path, *std::move(entries)).first;
    }
    for (const auto& entry : known->second) {
      if (entry.status != iceberg::EntryStatus::kDeleted) facts.live.push_back(entry.data_file.file_path);
    }
  }
  std::sort(facts.live.begin(), facts.live.end());
  if (const auto twice = std::adjacent_find(facts.live.begin(), facts.live.end()); twice != facts.live.end()) {
    Break(fmt::format("snapshot {} has file {} twice", snapshot.snapshot_id, *twice));
    return false;
  }
  return true;
}

bool Oracle::ReadRanges(const iceberg::Snapshot& snapshot, Facts& facts) {
  const auto& summary = snapshot.summary;
  facts.by_pipeline = summary.contains(std::string(table::kSummaryPipeline));
  const auto text = summary.find(std::string(table::kSummaryRanges));
  if (text == summary.end()) return true;
  auto ranges = table::ParseRanges(text->second);
  if (!ranges) {
    Break(fmt::format("snapshot {}: {}", snapshot.snapshot_id, ranges.error().message));
    return false;
  }
  facts.ranges = *std::move(ranges);
  return true;
}

void Oracle::CheckAppend(const Facts* before, const Facts& after) {
  if (before == nullptr) return;
  const auto parent = after.parent ? facts_.find(*after.parent) : facts_.end();
  if (parent == facts_.end() || &parent->second != before) {
    return Break("a commit is not on top of the branch's head: what was there is lost");
  }
  if (!std::includes(after.live.begin(), after.live.end(), before->live.begin(), before->live.end())) {
    Break("a commit lost files of the branch's head");
  }
}

// Where a branch stands that was rolled back and is to go on without what was lost.
void Oracle::Onward(const Facts& lost, std::map<int, int64_t>& next) {
  for (const auto& [partition, stood] : lost.next) {
    int64_t& stands = next[partition];
    stands = std::max(stands, stood);
  }
}

void Oracle::TakeBase(const Facts* base, const CommitRequest& request, Facts& facts) {
  if (base == nullptr) return;
  facts.next = base->next;
  facts.left_away = base->left_away;
  if (!state_snapshot_ || InHistory(*state_snapshot_, facts.parent)) return;
  // Rolled back: what the user said decides.
  const Facts& lost = facts_.at(*state_snapshot_);
  switch (request.on_rollback) {
    case table::OnRollback::kStop:
      return Break(fmt::format("{} goes on over a rollback, which it was not told to", request.sender));
    case table::OnRollback::kReingest:
      // From where the surviving history stands; what that does not know, from its start.
      for (const auto& [partition, start] : starts_) facts.next.try_emplace(partition, start);
      return;
    case table::OnRollback::kContinue:
      break;
  }
  const auto covered = Coverage(facts);
  for (const auto& [partition, next] : lost.next) {
    for (int64_t offset = starts_.at(partition); offset < next; ++offset) {
      if (Topic::At(partition, offset) != Slot::kRow) continue;
      const auto found = covered.find(partition);
      if (found == covered.end() || found->second[static_cast<size_t>(offset)] == 0) {
        facts.left_away[partition].insert(offset);
      }
    }
  }
  Onward(lost, facts.next);
}

void Oracle::Move(Facts& facts) {
  for (const auto& range : facts.ranges) {
    const int partition = range.source.partition;
    if (range.is_start()) {  // one that is known stands
      starts_.try_emplace(partition, range.first);
      facts.next.try_emplace(partition, range.first);
      continue;
    }
    const auto stood = facts.next.find(partition);
    if (stood == facts.next.end()) {
      return Break(fmt::format("partition {} was read before its start was recorded", partition));
    }
    if (range.first != stood->second) {
      return Break(fmt::format("offsets {} to {} of partition {} do not join the table, which stands at {}",
                               range.first, range.next - 1, partition, stood->second));
    }
    stood->second = range.next;
  }
}

void Oracle::CheckState(const iceberg::TableMetadata& table, const std::string& pipeline, const Facts& facts) {
  const auto states = table::StoredStates(table, *world_.storage.files());
  if (!states) return Break(fmt::format("the offsets cannot be read: {}", states.error().message));
  std::map<int, int64_t> stored;
  for (const auto& [state, form] : *states) {
    if (state.pipeline != pipeline) continue;
    for (const auto& [partition, at] : state.partitions) stored[partition] = at.next;
  }
  if (stored != facts.next) {
    Break(fmt::format("the stored offsets say{}, the commits come to{}", TextOf(stored), TextOf(facts.next)));
  }
}

std::map<int, std::vector<int>> Oracle::Coverage(const Facts& facts) {
  std::map<int, std::vector<int>> covered;
  for (const std::string& path : facts.live) {
    const DataContent* content = world_.storage.FindData(path);
    if (content == nullptr) {
      Break(fmt::format("file {} is in the table, and does not exist", path));
      return covered;
    }
    for (const auto& [partition, first, next] : content->stretches) {
      auto& counts = covered[partition];
      counts.resize(static_cast<size_t>(world_.topic.end(partition)) + 1);
      for (int64_t offset = first; offset < next; ++offset) {
        if (Topic::At(partition, offset) == Slot::kRow) ++counts[static_cast<size_t>(offset)];
      }
    }
  }
  return covered;
}

void Oracle::CheckRows(const Facts& facts) {
  auto covered = Coverage(facts);
  if (broken_) return;
  for (auto& [partition, counts] : covered) {
    if (!facts.next.contains(partition)) {
      return Break(fmt::format("partition {} has rows, and no start was recorded", partition));
    }
  }
  for (const auto& [partition, next] : facts.next) {
    auto& counts = covered[partition];
    counts.resize(std::max(counts.size(), static_cast<size_t>(next)));
    const auto away = facts.left_away.find(partition);
    const int64_t start = starts_.at(partition);
    for (int64_t offset = 0; offset < static_cast<int64_t>(counts.size()); ++offset) {
      const bool due = offset >= start && offset < next && Topic::At(partition, offset) == Slot::kRow &&
                       (away == facts.left_away.end() || !away->second.contains(offset));
      const int found = counts[static_cast<size_t>(offset)];
      if (found != (due ? 1 : 0)) {
        return Break(fmt::format("offset {} of partition {} ({} to {}) is {} times in the table", offset, partition,
                                 start, next, found));
      }
    }
  }
}

bool Oracle::InHistory(int64_t snapshot_id, std::optional<int64_t> head) const {
  while (head && *head != snapshot_id) {
    const auto found = facts_.find(*head);
    head = found == facts_.end() ? std::nullopt : found->second.parent;
  }
  return head.has_value();
}

bool Oracle::rolled_back() const { return state_snapshot_ && !InHistory(*state_snapshot_, head_); }

bool Oracle::history_is_expired() const {
  const auto& table = *world_.server.table();
  for (std::optional<int64_t> at : {head_, state_snapshot_}) {
    for (; at; at = facts_.at(*at).parent) {
      if (table.FindSnapshot(*at) == nullptr) return true;
    }
  }
  return false;
}

bool Oracle::caught_up(table::OnRollback on_rollback) const {
  if (!head_ || (rolled_back() && on_rollback == table::OnRollback::kStop)) return false;
  auto next = facts_.at(*head_).next;
  if (rolled_back() && on_rollback == table::OnRollback::kContinue) Onward(facts_.at(*state_snapshot_), next);
  if (rolled_back() && on_rollback == table::OnRollback::kReingest) next.insert(starts_.begin(), starts_.end());
  for (int partition = 0; partition < world_.topic.partitions(); ++partition) {
    const auto found = next.find(partition);
    if (found == next.end() || found->second != world_.topic.end(partition)) return false;
  }
  return true;
}

void Oracle::Acknowledged(const std::string& process, int64_t snapshot_id,
                          const std::vector<record::OffsetRange>& ranges) {
  const auto found = facts_.find(snapshot_id);
  if (found == facts_.end()) {
    return Break(fmt::format("{} was told that snapshot {} is in, which never was", process, snapshot_id));
  }
  if (!SameRanges(found->second.ranges, ranges)) {
    Break(fmt::format("{} was told that snapshot {} is in, which moved other offsets", process, snapshot_id));
  }
}

void Oracle::Fenced(const std::string& process, const std::vector<record::OffsetRange>& ranges) {
  if (was_rolled_back_) return;  // then it may have been in once
  for (const auto& snapshot : world_.server.table()->snapshots) {
    const Facts& known = facts_.at(snapshot.snapshot_id);
    if (known.sender == process && SameRanges(known.ranges, ranges)) {
      return Break(fmt::format("{} was told that its offsets are another's, and its own commit is in", process));
    }
  }
}

void Oracle::ContinuesFrom(const std::string& process, const table::Positions& positions) {
  for (const auto& [source, next] : positions) {
    const auto stood = ever_stood_.find(source.partition);
    if (stood == ever_stood_.end() || !stood->second.contains(next)) {
      return Break(fmt::format("{} goes on from offset {} of partition {}, where the table never stood", process, next,
                               source.partition));
    }
  }
}

void Oracle::Deleted(const std::string& location) {
  if (world_.storage.FindData(location) != nullptr) {
    return Break(fmt::format("data file {} was deleted", location));
  }
  for (const auto& snapshot : world_.server.table()->snapshots) {
    const Facts& known = facts_.at(snapshot.snapshot_id);
    if (location == known.manifest_list ||
        std::find(known.manifests.begin(), known.manifests.end(), location) != known.manifests.end()) {
      return Break(fmt::format("{} was deleted, which snapshot {} needs", location, snapshot.snapshot_id));
    }
  }
}

void Oracle::NameUsedTwice(const std::string& process, const std::string& path) {
  Break(fmt::format("{} gives a file the name {}, which was used before", process, path));
}

void Oracle::CheckWhole() {
  auto& files = *world_.storage.files();
  for (const auto& snapshot : world_.server.table()->snapshots) {
    const Facts& known = facts_.at(snapshot.snapshot_id);
    std::vector<std::string> needed = known.manifests;
    needed.push_back(known.manifest_list);
    for (const std::string& location : needed) {
      if (!*files.Exists(location)) {
        return Break(fmt::format("{} is gone, which snapshot {} needs", location, snapshot.snapshot_id));
      }
    }
    Coverage(known);
  }
}

}  // namespace frazil::simulation
