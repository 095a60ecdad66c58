#include "table/offset_history.h"

#include <algorithm>
#include <set>

#include "common/random.h"
#include "iceberg/location_provider.h"
#include "iceberg/manifest.h"
#include "io/file_io.h"
#include "table/offset_moves.h"
#include "table/offset_notes.h"
#include "table/state_validity.h"

namespace frazil::table {
namespace {

// The text in the summary under `key`, or in the file that it names under `file_key`; "{}" if both are missing.
Result<std::string> TextOf(const iceberg::Snapshot& snapshot, std::string_view key, std::string_view file_key,
                           io::FileIo& io) {
  const auto& summary = snapshot.summary;
  if (const auto file = summary.find(std::string(file_key)); file != summary.end()) return io.ReadAll(file->second);
  const auto inside = summary.find(std::string(key));
  return inside == summary.end() ? "{}" : inside->second;
}

Result<ErrorsByTopic> ErrorsOf(const iceberg::Snapshot& snapshot, io::FileIo& io) {
  FRAZIL_ASSIGN_OR_RETURN(const std::string text, TextOf(snapshot, kSummaryErrors, kSummaryErrorsFile, io));
  auto errors = ParseErrors(text);
  if (!errors) return Wrap(errors.error(), fmt::format("the bad records of snapshot {}", snapshot.snapshot_id));
  return errors;
}

// What one commit did to one topic.
struct Moved {
  std::vector<record::OffsetRange> ranges;
  record::RowOrigins replayed;
  std::string replay;  // the list of them; empty: this was no replay
  bool nothing() const { return ranges.empty() && replay.empty(); }
};

// What `snapshot` did to the topic; empty if our pipeline did not make it.
Result<Moved> MovedOf(const iceberg::Snapshot& snapshot, const std::string& topic, const History& history) {
  Moved moved;
  const auto by = snapshot.summary.find(std::string(kSummaryPipeline));
  const auto is_author = [&](const OffsetState& other) { return other.topic == topic && other.pipeline == by->second; };
  if (by == snapshot.summary.end() || std::any_of(history.others.begin(), history.others.end(), is_author)) {
    return moved;
  }
  FRAZIL_ASSIGN_OR_RETURN(moved.ranges, RangesOf(snapshot, history.io));
  std::erase_if(moved.ranges, [&](const auto& range) { return range.source.topic != topic; });
  if (const auto list = snapshot.summary.find(std::string(kSummaryReplayed)); list != snapshot.summary.end()) {
    FRAZIL_ASSIGN_OR_RETURN(const record::RowOrigins all, ReplayedBy(snapshot, history.io));
    for (const record::RowOrigin& run : all.list()) {
      if (run.source.topic == topic) moved.replayed.Add(run);
    }
    if (!moved.replayed.list().empty()) moved.replay = list->second;
  }
  return moved;
}

void TakeBackReplay(OffsetState& state, const Moved& moved) {
  UncountReplayed(state, moved.replayed);
  if (state.unmarked == moved.replay) state.unmarked.clear();
}

// The state at the point where the remaining history and the lost one part, without the effects of the lost commits.
Result<OffsetState> AtParting(OffsetState state, const History& history) {
  const auto unknown = [&](const std::string& why) {
    return Fail(ErrorKind::kInvalidArgument,
                "{} was rolled back, and what the lost commits of pipeline '{}' had moved can no longer be told: {}. "
                "Bring the branch back to where it was, or say 'on_rollback: continue'",
                state.ref, state.pipeline, why);
  };
  // The snapshots of the remaining history. `complete` says whether it reaches back to the table's first snapshot.
  std::set<int64_t> survives;
  bool complete = true;
  for (const auto* snapshot = history.metadata.RefHead(state.ref); snapshot != nullptr;
       snapshot = history.metadata.ParentOf(*snapshot)) {
    survives.insert(snapshot->snapshot_id);
    complete = BeginsHistory(*snapshot);
  }
  // Walks back along the lost history to the point where the two part.
  int64_t at = state.snapshot_id;
  state.snapshot_id = 0;
  state.sequence_number = 0;
  for (bool parted = false; !parted;) {
    const iceberg::Snapshot* snapshot = history.metadata.FindSnapshot(at);
    if (snapshot == nullptr) return unknown(fmt::format("snapshot {} has expired", at));
    if (survives.contains(at)) {
      state.snapshot_id = at;
      state.sequence_number = snapshot->sequence_number;
      break;
    }
    FRAZIL_ASSIGN_OR_RETURN(const Moved moved, MovedOf(*snapshot, state.topic, history));
    if (!moved.replay.empty()) TakeBackReplay(state, moved);
    for (const auto& range : moved.ranges) {
      if (range.is_start()) continue;  // a start stays
      if (const Status done = Retreat(state, range); !done) return unknown(done.error().message);
    }
    // Bad records of lost commits are read again, with their offsets.
    FRAZIL_ASSIGN_OR_RETURN(const ErrorsByTopic errors, ErrorsOf(*snapshot, history.io));
    if (const auto lost = errors.find(state.topic); lost != errors.end()) std::erase(state.pending, lost->second);
    parted = !snapshot->parent_snapshot_id;
    const iceberg::Snapshot* parent = parted ? nullptr : history.metadata.FindSnapshot(*snapshot->parent_snapshot_id);
    if (parent != nullptr && !ComesAfter(*snapshot, *parent)) {
      return unknown(fmt::format("snapshot {} does not come after its parent", at));
    }
    if (parted && !(complete && BeginsHistory(*snapshot))) return unknown("its first snapshots have expired");
    at = snapshot->parent_snapshot_id.value_or(0);
  }
  return state;
}

// `one`, with each partition replaced by `other`'s where that has come farther.
OffsetState Farther(OffsetState one, const OffsetState& other) {
  for (const auto& [id, partition] : other.partitions) {
    PartitionState& own = one.partitions.try_emplace(id, partition).first->second;
    if (partition.next > own.next) own = partition;
  }
  return one;
}

}  // namespace

Result<std::vector<record::OffsetRange>> RangesOf(const iceberg::Snapshot& snapshot, io::FileIo& io) {
  if (!snapshot.summary.contains(std::string(kSummaryPipeline))) return std::vector<record::OffsetRange>{};
  FRAZIL_ASSIGN_OR_RETURN(const std::string text, TextOf(snapshot, kSummaryRanges, kSummaryRangesFile, io));
  auto ranges = ParseRanges(text);
  if (!ranges) return Wrap(ranges.error(), fmt::format("the offsets that snapshot {} moved", snapshot.snapshot_id));
  return ranges;
}

Result<record::RowOrigins> ReplayedBy(const iceberg::Snapshot& snapshot, io::FileIo& io) {
  if (!snapshot.summary.contains(std::string(kSummaryReplayed))) return record::RowOrigins();
  FRAZIL_ASSIGN_OR_RETURN(const std::string bytes, io.ReadAll(snapshot.manifest_list));
  FRAZIL_ASSIGN_OR_RETURN(const auto notes, iceberg::ReadManifestListNotes(bytes));
  const auto list = notes.find(std::string(kSummaryReplayed));
  if (list == notes.end()) {
    return Fail(ErrorKind::kCorrupt, "{} does not say which bad records snapshot {} made rows of",
                snapshot.manifest_list, snapshot.snapshot_id);
  }
  auto replayed = ParseOrigins(list->second);
  if (!replayed) return Wrap(replayed.error(), snapshot.manifest_list);
  return replayed;
}

Result<std::map<std::string, std::string>> SummaryOf(const std::string& pipeline,
                                                     const std::vector<record::OffsetRange>& ranges,
                                                     const ErrorsByTopic& errors,
                                                     const iceberg::TableMetadata& metadata, io::FileIo& io) {
  std::map<std::string, std::string> summary = {{std::string(kSummaryPipeline), pipeline}};
  const auto tell = [&](std::string text, std::string_view key, std::string_view file_key) -> Status {
    if (text.size() <= kMaxSummaryText) {
      summary[std::string(key)] = std::move(text);
      return {};
    }
    const std::string path =
        iceberg::LocationProvider(metadata).MetadataFile(fmt::format("frazil-ranges-{}.json", RandomUuid()));
    summary[std::string(file_key)] = path;
    return io.WriteAll(path, text);
  };
  FRAZIL_RETURN_IF_ERROR(tell(WriteRanges(ranges), kSummaryRanges, kSummaryRangesFile));
  if (!errors.empty()) FRAZIL_RETURN_IF_ERROR(tell(WriteErrors(errors), kSummaryErrors, kSummaryErrorsFile));
  return summary;
}

Result<OffsetState> CaughtUp(OffsetState state, const History& history) {
  std::vector<const iceberg::Snapshot*> later;
  for (const auto* snapshot = history.metadata.RefHead(state.ref);
       snapshot != nullptr && snapshot->sequence_number > state.sequence_number;
       snapshot = history.metadata.ParentOf(*snapshot)) {
    later.push_back(snapshot);
  }
  for (auto at = later.rbegin(); at != later.rend(); ++at) {
    const iceberg::Snapshot& snapshot = **at;
    FRAZIL_ASSIGN_OR_RETURN(const Moved moved, MovedOf(snapshot, state.topic, history));
    const auto does_not_join = [&](const Error& why) {
      return Fail(ErrorKind::kCorrupt, "snapshot {} of pipeline '{}' does not join the offsets recorded before it: {}",
                  snapshot.snapshot_id, state.pipeline, why.message);
    };
    for (const auto& range : moved.ranges) {
      if (range.is_start()) {  // one that is known stands
        state.partitions.try_emplace(range.source.partition, StartingAt(range.first));
      } else if (const Status advanced = Advance(state, range); !advanced) {
        return does_not_join(advanced.error());
      }
    }
    if (!moved.replay.empty()) {
      if (const Status counted = CountReplayed(state, moved.replayed); !counted) return does_not_join(counted.error());
      ++state.replays;
      state.unmarked = moved.replay;
    }
    if (moved.nothing()) continue;
    FRAZIL_ASSIGN_OR_RETURN(const ErrorsByTopic errors, ErrorsOf(snapshot, history.io));
    if (const auto own = errors.find(state.topic); own != errors.end()) AddPending(state, own->second);
    state.snapshot_id = snapshot.snapshot_id;
    state.sequence_number = snapshot.sequence_number;
  }
  return state;
}

Result<OffsetState> AsOf(OffsetState state, int64_t snapshot_id, const History& history) {
  const iceberg::Snapshot* snapshot = history.metadata.RefHead(state.ref);
  for (; snapshot != nullptr && snapshot->snapshot_id != snapshot_id; snapshot = history.metadata.ParentOf(*snapshot)) {
    FRAZIL_ASSIGN_OR_RETURN(const Moved moved, MovedOf(*snapshot, state.topic, history));
    if (!moved.replay.empty()) TakeBackReplay(state, moved);
    for (const auto& range : moved.ranges) {
      if (!range.is_start()) FRAZIL_RETURN_IF_ERROR(Retreat(state, range));
    }
  }
  if (snapshot != nullptr) return state;
  return Fail(ErrorKind::kInvalidArgument,
              "snapshot {} is not in the history of '{}': it has expired, was rolled back, or is of another branch",
              snapshot_id, state.ref);
}

Result<OffsetState> AfterRollback(OffsetState state, const History& history) {
  FRAZIL_ASSIGN_OR_RETURN(OffsetState parted, AtParting(state, history));
  bool goes_back = false;
  for (auto& [id, partition] : parted.partitions) {
    const int64_t stood = state.partitions.at(id).next;
    if (partition.next >= stood) continue;
    partition.reread_to = std::max(partition.reread_to, stood);
    goes_back = true;
  }
  if (goes_back) ++parted.rewinds;
  return CaughtUp(std::move(parted), history);
}

Result<OffsetState> OverRollback(OffsetState state, const History& history) {
  const auto parted = AtParting(state, history);
  if (!parted) return CaughtUp(std::move(state), history);  // the point where they part may have expired
  // If the catalog dropped the state of a commit since the rollback, that commit continued from both.
  OffsetState both = Farther(state, *parted);
  both.snapshot_id = parted->snapshot_id;
  both.sequence_number = parted->sequence_number;
  if (auto since = CaughtUp(std::move(both), history)) return since;
  // Otherwise the ref was set to a line of its own, or back to the end of the lost line.
  const auto survived = CaughtUp(*parted, history);
  return survived ? Result<OffsetState>(Farther(std::move(state), *survived)) : CaughtUp(std::move(state), history);
}

}  // namespace frazil::table
