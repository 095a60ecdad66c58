#include "oracle.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <functional>

#include "iceberg/schema_change.h"
#include "table/offset_history.h"
#include "table/offset_notes.h"
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

int At(const std::map<int, std::vector<int>>& counts, int partition, int64_t offset) {
  const auto found = counts.find(partition);
  const bool there = found != counts.end() && offset < static_cast<int64_t>(found->second.size());
  return there ? found->second[static_cast<size_t>(offset)] : 0;
}

int& CountOf(std::map<int, std::vector<int>>& counts, int partition, int64_t offset) {
  std::vector<int>& of = counts[partition];
  if (static_cast<int64_t>(of.size()) <= offset) of.resize(static_cast<size_t>(offset) + 1);
  return of[static_cast<size_t>(offset)];
}

}  // namespace

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
    if (InHistory(snapshot.snapshot_id, facts.parent)) {
      return world_.Break(fmt::format("snapshot {} becomes its own ancestor: whoever walks the history walks for ever",
                                      snapshot.snapshot_id));
    }
    if (!ReadFiles(snapshot, facts) || !ReadRanges(snapshot, facts)) return;
    if (facts.by_pipeline) {
      if (which_ == Which::kMain && world_.incident_came(Incident::kTableCopied)) {
        return world_.Break(fmt::format("{} commits to a copy of its table", request.sender));
      }
      if (world_.incident_came(Incident::kTopicRecreated) && request.topic_id == world_.topic.id()) {
        return world_.Break(fmt::format("{} goes on with the offsets of another topic", request.sender));
      }
      CheckAppend(base, facts);
      CheckDecisions(before, base, facts);
      // Starts that no form has kept are none: nothing has been read from them, and the next process records its own.
      if (dropped && !established()) std::erase_if(facts.ranges, std::mem_fn(&record::OffsetRange::is_start));
      TakeBase(before, base, request, facts);
      if (dropped && IsLostTo(facts.parent)) facts.instead_of = state_snapshot_;
      Move(request, facts);
    } else if (base != nullptr && snapshot.parent_snapshot_id) {
      facts.next = facts_.at(*snapshot.parent_snapshot_id).next;
      facts.starts = facts_.at(*snapshot.parent_snapshot_id).starts;
      facts.reads = facts_.at(*snapshot.parent_snapshot_id).reads;
    }
    world_.trace.Say("catalog", "takes snapshot {} of {}:{} {} at{}{}", snapshot.snapshot_id, request.sender,
                     facts.by_pipeline ? "" : " (foreign)", which_ == Which::kMain ? "stands" : "errors table stands",
                     TextOf(facts.next), dropped ? ", offsets dropped" : "");
    const auto& known = facts_.insert_or_assign(snapshot.snapshot_id, std::move(facts)).first->second;
    if (world_.broken()) return;
    if (known.by_pipeline) {
      state_is_behind_ = dropped;
      if (!dropped) state_snapshot_ = snapshot.snapshot_id;
      if (!dropped) starts_.insert(known.starts.begin(), known.starts.end());
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
    world_.Break(fmt::format("snapshot {} cannot be read: {}", snapshot.snapshot_id, manifests.error().message));
    return false;
  }
  for (const iceberg::ManifestFile& manifest : *manifests) {
    facts.manifests.push_back(manifest.manifest_path);
    auto known = manifests_.find(manifest.manifest_path);
    if (known == manifests_.end()) {
      const auto bytes = files.ReadAll(manifest.manifest_path);
      auto entries = bytes ? iceberg::ReadManifest(*bytes, manifest) : tl::unexpected<Error>(bytes.error());
      if (!entries) {
        world_.Break(fmt::format("snapshot {} cannot be read: {}", snapshot.snapshot_id, entries.error().message));
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
    world_.Break(fmt::format("snapshot {} has file {} twice", snapshot.snapshot_id, *twice));
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
    world_.Break(fmt::format("snapshot {}: {}", snapshot.snapshot_id, ranges.error().message));
    return false;
  }
  facts.ranges = *std::move(ranges);
  return true;
}

void Oracle::CheckAppend(const Facts* before, const Facts& after) {
  if (before == nullptr) return;
  const auto parent = after.parent ? facts_.find(*after.parent) : facts_.end();
  if (parent == facts_.end() || &parent->second != before) {
    return world_.Break("a commit is not on top of the branch's head: what was there is lost");
  }
  if (!std::includes(after.live.begin(), after.live.end(), before->live.begin(), before->live.end())) {
    world_.Break("a commit lost files of the branch's head");
  }
}

// What comes in is what its records come to by the table that it comes into.
void Oracle::CheckDecisions(const iceberg::TableMetadata& table, const Facts* before, const Facts& after) {
  for (const std::string& path : after.live) {
    if (before != nullptr && std::binary_search(before->live.begin(), before->live.end(), path)) continue;
    const DataContent* content = world_.storage.FindData(path);
    if (content == nullptr) continue;
    for (const auto& [schema, spec, refused] : content->decided) {
      for (const iceberg::FieldChange& change : iceberg::ChangesBetween(*schema, *table.schema())) {
        // Columns that an engine added are named c, those of processes g.
        const bool foreign = change.name.starts_with("c");
        if (iceberg::KeepsRows(change) && !(refused && foreign)) continue;
        return world_.Break(fmt::format("rows came in after {}", iceberg::Describe(change)));
      }
    }
  }
}

bool Oracle::LostIsTold(const iceberg::TableMetadata& table, std::optional<int64_t> head) const {
  std::set<int64_t> survives;
  bool cut = false;
  for (; head && !cut; head = facts_.at(*head).parent) {
    cut = table.FindSnapshot(*head) == nullptr;
    if (!cut) survives.insert(*head);
  }
  for (std::optional<int64_t> at = state_snapshot_; at; at = facts_.at(*at).parent) {
    if (table.FindSnapshot(*at) == nullptr) return false;
    if (survives.contains(*at)) return true;
  }
  return !cut;
}

void Oracle::Onward(const iceberg::TableMetadata& table, std::optional<int64_t> head,
                    std::map<int, int64_t>& next) const {
  const bool told = LostIsTold(table, head);
  if (told) next.insert(starts_.begin(), starts_.end());  // which stay
  for (const auto& [partition, stood] : facts_.at(*state_snapshot_).next) {
    int64_t& stands = next[partition];
    stands = told ? std::max(stands, stood) : stood;
  }
}

const iceberg::SnapshotList& Oracle::Snapshots() const {
  static const iceberg::SnapshotList none;
  const auto& table = world_.server.table(which_);
  return table == nullptr ? none : table->snapshots;
}

void Oracle::TakeBase(const iceberg::TableMetadata& before, const Facts* base, const CommitRequest& request,
                      Facts& facts) {
  if (base == nullptr) return;
  facts.next = base->next;
  facts.starts = base->starts;
  facts.reads = base->reads;
  if (!MustGoOver(facts.parent)) return;
  // Rolled back: what the user said decides.
  const Facts& lost = facts_.at(*state_snapshot_);
  switch (request.on_rollback) {
    case table::OnRollback::kStop:
      return world_.Break(fmt::format("{} goes on over a rollback, which it was not told to", request.sender));
    case table::OnRollback::kReingest:
      // From where the surviving history stands; what that does not know, from its start.
      for (const auto& [partition, start] : starts_) facts.next.try_emplace(partition, start);
      return;
    case table::OnRollback::kContinue:
      break;
  }
  // Rows that were rolled back stay away, bad records come nevertheless.
  for (const auto& [partition, counts] : lost.reads) {
    for (int64_t offset = 0; offset < static_cast<int64_t>(counts.size()); ++offset) {
      if (Topic::At(partition, offset) != Slot::kBad) continue;
      int& count = CountOf(facts.reads, partition, offset);
      count = std::max(count, counts[static_cast<size_t>(offset)]);
    }
  }
  Onward(before, facts.parent, facts.next);
}

void Oracle::Move(const CommitRequest& request, Facts& facts) {
  for (const auto& range : facts.ranges) {
    const int partition = range.source.partition;
    if (range.is_start()) {  // one that is known stands
      facts.starts.try_emplace(partition, range.first);
      facts.next.try_emplace(partition, range.first);
      continue;
    }
    const auto stood = facts.next.find(partition);
    if (stood == facts.next.end()) {
      return world_.Break(fmt::format("partition {} was read before its start was recorded", partition));
    }
    if (range.first != stood->second) {
      return world_.Break(fmt::format("offsets {} to {} of partition {} do not join the table, which stands at {}",
                                      range.first, range.next - 1, partition, stood->second));
    }
    if (range.goes_back() && request.reads) {
      return world_.Break(fmt::format("{} takes partition {} back from {} to {} on its own", request.sender, partition,
                                      range.first, range.next));
    }
    was_rewound_ |= range.goes_back();
    stood->second = range.next;
    // Passed over by name, since retention has deleted them.
    const bool skips = range.counts.skipped == range.next - range.first;
    const int64_t lost = skips ? world_.topic.lost_before(partition) : 0;
    for (int64_t offset = std::max(range.first, lost); request.reads && offset < range.next; ++offset) {
      const Slot slot = Topic::At(partition, offset);
      const bool comes = slot == Slot::kRow || (slot == Slot::kBad && request.errors_table);
      if (comes) ++CountOf(facts.reads, partition, offset);
    }
  }
}

void Oracle::CheckState(const iceberg::TableMetadata& table, const std::string& pipeline, const Facts& facts) {
  const auto states = table::StoredStates(table, *world_.storage.files());
  if (!states) return world_.Break(fmt::format("the offsets cannot be read: {}", states.error().message));
  std::map<int, int64_t> stored;
  for (const auto& [state, form] : *states) {
    // The errors table keeps them under the first name of a line of pipelines.
    if (which_ == Which::kMain && state.pipeline != pipeline) continue;
    for (const auto& [partition, at] : state.partitions) stored[partition] = at.next;
  }
  if (stored != facts.next) {
    world_.Break(fmt::format("the stored offsets say{}, the commits come to{}", TextOf(stored), TextOf(facts.next)));
  }
}

std::map<int, std::vector<int>> Oracle::Coverage(const Facts& facts, Rows rows) {
  std::map<int, std::vector<int>> covered;
  for (const std::string& path : facts.live) {
    const DataContent* content = world_.storage.FindData(path);
    if (content == nullptr) {
      world_.Break(fmt::format("file {} is in the table, and does not exist", path));
      return covered;
    }
    for (const auto& [partition, first, next, replayed] : content->stretches) {
      if (replayed != (rows == Rows::kReplayed)) continue;
      for (int64_t offset = first; offset < next; ++offset) {
        if (replayed || Topic::At(partition, offset) == kept()) ++CountOf(covered, partition, offset);
      }
    }
  }
  return covered;
}

void Oracle::CheckRows(const Facts& facts) {
  covered_ = Coverage(facts, Rows::kRead);
  if (world_.broken()) return;
  if (which_ == Which::kMain) CheckReplayed(facts);
  for (const auto& [partition, counts] : covered_) {
    if (!facts.next.contains(partition)) {
      return world_.Break(fmt::format("partition {} has rows, and no start was recorded", partition));
    }
  }
  for (const auto& [partition, next] : facts.next) {
    const int64_t end = world_.topic.end(partition);
    for (int64_t offset = 0; offset < end; ++offset) {
      if (Topic::At(partition, offset) != kept()) continue;
      const int found = At(covered_, partition, offset);
      // Bad records that are read again are there already; some are still on their way.
      const int reads = At(facts.reads, partition, offset);
      const bool right = which_ == Which::kMain ? found == reads : found <= (offset < next ? 1 : 0);
      if (right) continue;
      return world_.Break(
          fmt::format("offset {} of partition {}, which stands at {}, is {} times in the {} table; it "
                      "was read {} times",
                      offset, partition, next, found, which_ == Which::kMain ? "main" : "errors", reads));
    }
  }
}

void Oracle::CheckReplayed(const Facts& facts) {
  for (const auto& [partition, counts] : Coverage(facts, Rows::kReplayed)) {
    for (size_t offset = 0; offset < counts.size(); ++offset) {
      if (counts[offset] <= 1) continue;
      return world_.Break(
          fmt::format("bad record {} of partition {} became a row {} times", offset, partition, counts[offset]));
    }
  }
}

void Oracle::CheckMarks() {
  const Oracle& main = world_.oracle(Which::kMain);
  if (!head_ || !main.head_) return;
  const auto rows = world_.oracle(Which::kMain).Coverage(main.facts_.at(*main.head_), Rows::kReplayed);
  for (const std::string& path : facts_.at(*head_).live) {
    for (const auto& [at, snapshot] : world_.storage.FindData(path)->marks) {
      if (!snapshot || !main.InHistory(*snapshot, main.head_) || At(rows, at.first, at.second) == 1) continue;
      return world_.Break(
          fmt::format("bad record {} of partition {} is marked as replayed by snapshot {}, and is no row", at.second,
                      at.first, *snapshot));
    }
  }
}

bool Oracle::HasAllBad() const {
  if (!head_) return true;
  for (const auto& [partition, counts] : facts_.at(*head_).reads) {
    for (int64_t offset = 0; offset < static_cast<int64_t>(counts.size()); ++offset) {
      if (Topic::At(partition, offset) != Slot::kBad || counts[static_cast<size_t>(offset)] == 0) continue;
      if (At(world_.oracle(Which::kErrors).covered_, partition, offset) == 0) return false;
    }
  }
  return true;
}

bool Oracle::PassedOverBad() const {
  if (!head_) return false;
  for (const auto& [partition, next] : facts_.at(*head_).next) {
    for (int64_t offset = 0; offset < next; ++offset) {
      if (Topic::At(partition, offset) == Slot::kBad && At(covered_, partition, offset) == 0) return true;
    }
  }
  return false;
}

bool Oracle::InHistory(int64_t snapshot_id, std::optional<int64_t> head) const {
  while (head && *head != snapshot_id) {
    const auto found = facts_.find(*head);
    head = found == facts_.end() ? std::nullopt : found->second.parent;
  }
  return head.has_value();
}

bool Oracle::IsLostTo(std::optional<int64_t> head) const {
  return state_snapshot_ && !InHistory(*state_snapshot_, head);
}

bool Oracle::MustGoOver(std::optional<int64_t> head) const {
  if (!IsLostTo(head)) return false;
  for (; head; head = facts_.at(*head).parent) {
    if (facts_.at(*head).instead_of == state_snapshot_) return false;
  }
  return true;
}

bool Oracle::rolled_back() const { return IsLostTo(head_); }

bool Oracle::history_is_expired() const {
  const auto& table = *world_.server.table(which_);
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
  if (MustGoOver(head_) && on_rollback == table::OnRollback::kContinue) {
    Onward(*world_.server.table(which_), head_, next);
  }
  if (MustGoOver(head_) && on_rollback == table::OnRollback::kReingest) next.insert(starts_.begin(), starts_.end());
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
    return world_.Break(fmt::format("{} was told that snapshot {} is in, which never was", process, snapshot_id));
  }
  if (!SameRanges(found->second.ranges, ranges)) {
    world_.Break(fmt::format("{} was told that snapshot {} is in, which moved other offsets", process, snapshot_id));
  }
}

void Oracle::Fenced(const std::string& process, const std::vector<record::OffsetRange>& ranges) {
  if (was_rolled_back_ || was_rewound_) return;  // then it may have been in once
  for (const auto& snapshot : Snapshots()) {
    const Facts& known = facts_.at(snapshot.snapshot_id);
    if (known.sender == process && SameRanges(known.ranges, ranges)) {
      return world_.Break(fmt::format("{} was told that its offsets are another's, and its own commit is in", process));
    }
  }
}

void Oracle::Finished(const std::string& process, const table::Positions& ends) {
  if (was_rolled_back_ || was_rewound_ || !head_) return;  // then it may have been so once
  const auto& next = facts_.at(*head_).next;
  for (const auto& [source, end] : ends) {
    const auto stands = next.find(source.partition);
    if (stands != next.end() && stands->second >= end) continue;
    return world_.Break(
        fmt::format("{} has ended, and partition {} is not read up to {}", process, source.partition, end));
  }
}

void Oracle::Stood(const std::string& whom, int64_t snapshot_id, const table::Positions& positions) {
  if (was_rolled_back_) return;  // then it depends on what whoever asks was told
  for (const auto& [partition, next] : facts_.at(snapshot_id).next) {
    const auto told = positions.find(PartitionOf(partition));
    if (told != positions.end() && told->second == next) continue;
    return world_.Break(fmt::format("{} was told that partition {} stood at {} after snapshot {}, which was {}", whom,
                                    partition, told == positions.end() ? -1 : told->second, snapshot_id, next));
  }
}

void Oracle::ContinuesFrom(const std::string& process, const table::Positions& positions) {
  for (const auto& [source, next] : positions) {
    const auto stood = ever_stood_.find(source.partition);
    if (stood == ever_stood_.end() || !stood->second.contains(next)) {
      return world_.Break(fmt::format("{} goes on from offset {} of partition {}, where the table never stood", process,
                                      next, source.partition));
    }
  }
}

void Oracle::Deleted(const std::string& location) {
  if (world_.storage.FindData(location) != nullptr) {
    return world_.Break(fmt::format("data file {} was deleted", location));
  }
  for (const auto& snapshot : Snapshots()) {
    const Facts& known = facts_.at(snapshot.snapshot_id);
    if (location == known.manifest_list ||
        std::find(known.manifests.begin(), known.manifests.end(), location) != known.manifests.end()) {
      return world_.Break(fmt::format("{} was deleted, which snapshot {} needs", location, snapshot.snapshot_id));
    }
  }
}

void Oracle::NameUsedTwice(const std::string& process, const std::string& path) {
  world_.Break(fmt::format("{} gives a file the name {}, which was used before", process, path));
}

void Oracle::CheckWhole() {
  auto& files = *world_.storage.files();
  for (const auto& snapshot : Snapshots()) {
    const Facts& known = facts_.at(snapshot.snapshot_id);
    std::vector<std::string> needed = known.manifests;
    needed.push_back(known.manifest_list);
    for (const std::string& location : needed) {
      if (!*files.Exists(location)) {
        return world_.Break(fmt::format("{} is gone, which snapshot {} needs", location, snapshot.snapshot_id));
      }
    }
    Coverage(known, Rows::kRead);
  }
}

}  // namespace frazil::simulation
