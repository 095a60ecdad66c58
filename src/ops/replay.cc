#include "ops/replay.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "common/failpoint.h"
#include "common/log.h"
#include "decode/bad_record.h"
#include "ops/offset_set.h"
#include "table/offset_history.h"
#include "table/offset_notes.h"

namespace frazil::ops {
namespace {

using record::TopicPartition;

constexpr int kMostFences = 20;  // in succession
constexpr size_t kMostReasons = 5;

// The snapshots that the main table's branch has, and those that it had before a rollback.
class Branch {
 public:
  Branch(const iceberg::TableMetadata& metadata, const std::string& ref) : metadata_(metadata) {
    const auto* snapshot = metadata.RefHead(ref);
    while (snapshot != nullptr && inside_.insert(snapshot->snapshot_id).second) {
      snapshot = metadata.ParentOf(*snapshot);
    }
  }
  // True for a snapshot that the table knows but the branch does not have. False for an expired one, about which
  // nothing is known.
  bool RolledBack(int64_t id) const { return !inside_.contains(id) && metadata_.FindSnapshot(id) != nullptr; }
  // The offsets of each replay in the branch.
  Result<std::vector<record::RowOrigins>> Replays(io::FileIo& io) const {
    std::vector<record::RowOrigins> replays;
    for (const int64_t id : inside_) {
      const iceberg::Snapshot& snapshot = *metadata_.FindSnapshot(id);
      if (!snapshot.summary.contains(std::string(table::kSummaryReplayed))) continue;
      FRAZIL_ASSIGN_OR_RETURN(replays.emplace_back(), table::ReplayedBy(snapshot, io));
    }
    return replays;
  }
  // The snapshot of the branch whose replay wrote `list`.
  std::optional<int64_t> ReplayOf(const std::string& list) const {
    for (const int64_t id : inside_) {
      const auto& summary = metadata_.FindSnapshot(id)->summary;
      const auto found = summary.find(std::string(table::kSummaryReplayed));
      if (found != summary.end() && found->second == list) return id;
    }
    return std::nullopt;
  }

 private:
  const iceberg::TableMetadata& metadata_;
  std::set<int64_t> inside_;
};

class Replayer {
 public:
  Replayer(table::Committer& committer, ReplayParts& parts)
      : committer_(committer), main_(*committer.table()), parts_(parts) {}

  Result<ReplayReport> Run() {
    FRAZIL_RETURN_IF_ERROR(committer_.Load());
    for (const auto& [topic, state] : committer_.states()) {
      FRAZIL_RETURN_IF_ERROR(ReplayTopic(topic));
      for (const auto& [source, counts] : looked_) report_.partitions[source] += counts;
      looked_.clear();
    }
    return std::move(report_);
  }

 private:
  using Offsets = std::map<TopicPartition, OffsetSet>;

  // What the bad records are compared with.
  struct Look {
    const table::OffsetState& state;
    const catalog::LoadedTable& main;
    const Branch& branch;
    const std::vector<record::RowOrigins> replays;  // of the replays in the branch
    // offsets with rows in the main table, among those that were read again
    std::map<TopicPartition, ingest::FoundOffsets> rows;
    Status searched;  // the status of searching for them
  };

  Status ReplayTopic(const std::string& topic) {
    for (int fences = 0;;) {
      Status done = TryTopic(topic);
      // kNotFound: files of snapshots that were expired meanwhile are gone.
      const bool moved =
          !done && (done.error().kind == ErrorKind::kFenced || done.error().kind == ErrorKind::kNotFound);
      if (!moved || ++fences == kMostFences) return done;
      log::info("bad records of topic '{}' are looked at again: {}", topic, done.error().message);
      tried_.clear();
    }
  }

  Status TryTopic(const std::string& topic) {
    // The state is loaded first, then the table. So what was read again according to the state is in the table.
    FRAZIL_RETURN_IF_ERROR(committer_.Load());
    FRAZIL_ASSIGN_OR_RETURN(const auto main, main_.Reload(table::Table::History::kWhole));
    const table::StatesByTopic states = committer_.states();
    const auto state = states.find(topic);
    if (state == states.end()) return {};
    const Branch branch(*main.metadata, committer_.options().ref);
    FRAZIL_RETURN_IF_ERROR(MarkLeftovers(state->second, main, branch));
    FRAZIL_ASSIGN_OR_RETURN(auto replays, branch.Replays(*main.io));
    Look look{state->second, main, branch, std::move(replays), {}, {}};
    FRAZIL_ASSIGN_OR_RETURN(const Offsets chosen, Choose(look));
    FRAZIL_RETURN_IF_ERROR(CommitAll(state->second, chosen));
    return Forget(topic);
  }

  // Marks what an earlier replay has committed, if it died before it could mark it.
  Status MarkLeftovers(const table::OffsetState& state, const catalog::LoadedTable& main, const Branch& branch) {
    if (state.unmarked.empty() || marked_.contains(state.unmarked)) return {};
    const auto snapshot = branch.ReplayOf(state.unmarked);
    auto replayed = ListAt(state.unmarked, *main.io);
    if (!replayed && replayed.error().kind == ErrorKind::kNotFound && snapshot) {
      replayed = table::ReplayedBy(*main.metadata->FindSnapshot(*snapshot), *main.io);
    }
    if (!replayed && replayed.error().kind == ErrorKind::kNotFound) {
      return Fail(ErrorKind::kInvalidArgument,
                  "{}, the list of the bad records that were replayed last, is gone, and so is the snapshot that says "
                  "the same: nothing tells which of its rows are in the main table. Bring the file back",
                  state.unmarked);
    }
    if (!replayed) return tl::unexpected<Error>(replayed.error());
    FRAZIL_ASSIGN_OR_RETURN(const int64_t count, parts_.Mark(*replayed, snapshot));
    if (count > 0) log::info("{} bad records that an earlier replay had made rows of are marked now", count);
    marked_.insert(state.unmarked);
    return {};
  }

  static Result<record::RowOrigins> ListAt(const std::string& path, io::FileIo& io) {
    FRAZIL_ASSIGN_OR_RETURN(const std::string text, io.ReadAll(path));
    return table::ParseOrigins(text);
  }

  // Removes the list from the state, once everything in it is marked.
  Status Forget(const std::string& topic) {
    const auto states = committer_.states();
    const auto state = states.find(topic);
    if (state == states.end() || !marked_.contains(state->second.unmarked)) return {};
    return committer_.ForgetReplay(topic, state->second.unmarked);
  }

  // --- Which may be tried

  // Chooses the records to try, by partition. Counts the others in looked_.
  Result<Offsets> Choose(Look& look) {
    looked_.clear();
    std::map<TopicPartition, std::vector<int64_t>> candidates;
    Offsets met;  // a record may be in the errors table twice
    FRAZIL_RETURN_IF_ERROR(parts_.Visit([&](const StoredError& error) {
      if (error.source.topic != look.state.topic || !look.searched) return;
      if (error.marked && !WasTakenBack(error, look)) return;
      if (met[error.source].Insert(error.offset) && IsCandidate(error, look)) {
        candidates[error.source].push_back(error.offset);
      }
    }));
    FRAZIL_RETURN_IF_ERROR(look.searched);
    Offsets chosen;
    for (const auto& [source, offsets] : candidates) {
      const table::PartitionState& partition = look.state.partitions.at(source.partition);
      const auto counted =
          std::count_if(offsets.begin(), offsets.end(), [&](int64_t offset) { return offset >= partition.start; });
      if (counted > partition.counts.errors) {
        looked_[source].undecided += static_cast<int64_t>(offsets.size());
        continue;
      }
      for (const int64_t offset : offsets) chosen[source].Insert(offset);
    }
    return chosen;
  }

  // True if the replay that marked it was rolled back.
  bool WasTakenBack(const StoredError& error, const Look& look) const {
    return committer_.options().on_rollback != table::OnRollback::kContinue && error.marked_snapshot &&
           look.branch.RolledBack(*error.marked_snapshot);
  }

  bool IsCandidate(const StoredError& error, Look& look) {
    ReplayedPartition& counts = looked_[error.source];
    const bool replayed = std::any_of(look.replays.begin(), look.replays.end(), [&](const auto& replay) {
      return replay.Contains(error.source.topic, error.source.partition, error.offset);
    });
    if (replayed) {  // replayed, but the mark was rolled back
      ++counts.were_rows;
      return false;
    }
    const auto found = look.state.partitions.find(error.source.partition);
    // Offsets before the first start are not this pipeline's. After a rewind it is no longer known where the first
    // start was.
    const bool ours = found != look.state.partitions.end() && error.offset < found->second.next &&
                      (error.offset >= found->second.start || found->second.rewound_from > 0);
    if (!ours) {
      ++counts.not_counted;
      return false;
    }
    if (error.offset >= found->second.reread_to) return true;
    const ingest::FoundOffsets* rows = RowsOf(error.source, found->second.reread_to, look);
    if (rows == nullptr) return false;
    if (rows->offsets.contains(error.offset)) {
      ++counts.were_rows;
      return false;
    }
    if (!rows->complete) ++counts.undecided;
    return rows->complete;
  }

  // Null if the search failed; look.searched then holds the error.
  const ingest::FoundOffsets* RowsOf(const TopicPartition& source, int64_t next, Look& look) {
    const auto known = look.rows.find(source);
    if (known != look.rows.end()) return &known->second;
    auto rows = parts_.RowsBelow(look.main, source, next);
    if (!rows) {
      look.searched = tl::unexpected<Error>(rows.error());
      return nullptr;
    }
    return &look.rows.emplace(source, *std::move(rows)).first->second;
  }

  // --- Trying them

  // Works in rounds. Each round commits the records that fit into memory. `state` is the state by which they were
  // chosen.
  Status CommitAll(const table::OffsetState& state, const Offsets& chosen) {
    table::Replay replay{state.topic, {}, state.replays, state.rewinds, state.unmarked};
    for (;;) {
      FRAZIL_ASSIGN_OR_RETURN(auto batches, parts_.Read([&](const StoredError& error) {
        const auto offsets = chosen.find(error.source);
        return offsets != chosen.end() && offsets->second.Contains(error.offset) &&
               tried_[error.source].Insert(error.offset);
      }));
      if (batches.empty()) return {};
      FRAZIL_ASSIGN_OR_RETURN(ReplayParts::Rows rows, parts_.Make(std::move(batches)));
      const auto still_bad = std::move(rows.still_bad);
      if (!rows.offsets.list().empty()) {
        replay.offsets = std::move(rows.offsets);
        FRAZIL_RETURN_IF_ERROR(CommitAndMark(std::move(rows), replay));
        for (const auto& run : replay.offsets.list()) report_.partitions[run.source].became_rows += run.rows;
      }
      for (const auto& [source, reasons] : still_bad) Note(source, reasons);
    }
  }

  void Note(const TopicPartition& source, const std::map<int64_t, std::string>& reasons) {
    for (const auto& [offset, reason] : reasons) {
      if (!bad_[source].Insert(offset)) continue;  // tried before a fence, and counted then
      ++report_.partitions[source].still_bad;
      if (report_.reasons.size() < kMostReasons) report_.reasons.push_back(decode::Describe({offset, reason}, source));
    }
  }

  // Updates `replay` to the state after the commit.
  Status CommitAndMark(ReplayParts::Rows rows, table::Replay& replay) {
    FRAZIL_FAILPOINT("before-replay-commit");
    FRAZIL_ASSIGN_OR_RETURN(const auto committed,
                            committer_.CommitReplay(std::move(rows.files), replay, std::move(rows.decided)));
    FRAZIL_FAILPOINT("after-replay-commit");
    ++replay.replays;
    replay.unmarked = committed.list;
    ++report_.commits;
    const int64_t snapshot = committed.report.snapshot_id;
    log::info("bad records of topic '{}' became rows of {}, snapshot {}", replay.topic, main_.ident().ToString(),
              snapshot);
    if (const auto marked = parts_.Mark(replay.offsets, snapshot); !marked) {
      const bool fenced = marked.error().kind == ErrorKind::kFenced;
      return tl::unexpected<Error>({fenced ? ErrorKind::kCommitConflict : marked.error().kind,
                                    fmt::format("bad records became rows with snapshot {}, but could not be marked: "
                                                "{}. The next replay marks them before it does anything else",
                                                snapshot, marked.error().message)});
    }
    FRAZIL_FAILPOINT("after-marks");
    marked_.insert(committed.list);
    return {};
  }

  table::Committer& committer_;
  table::Table& main_;
  ReplayParts& parts_;
  std::set<std::string> marked_;                        // lists of replays
  Offsets tried_;                                       // since the last look
  Offsets bad_;                                         // still, and noted
  std::map<TopicPartition, ReplayedPartition> looked_;  // what the last look left alone
  ReplayReport report_;
};

}  // namespace

ReplayedPartition& ReplayedPartition::operator+=(const ReplayedPartition& other) {
  became_rows += other.became_rows;
  still_bad += other.still_bad;
  were_rows += other.were_rows;
  undecided += other.undecided;
  not_counted += other.not_counted;
  return *this;
}

Result<ReplayReport> Replay(table::Committer& committer, ReplayParts& parts) {
  return Replayer(committer, parts).Run();
}

}  // namespace frazil::ops
