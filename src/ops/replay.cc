#include "ops/replay.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "common/failpoint.h"
#include "common/log.h"
#include "decode/bad_record.h"
#include "table/offset_history.h"

namespace frazil::ops {
namespace {

using record::TopicPartition;

constexpr int kMostFences = 20;  // in a row
constexpr size_t kMostReasons = 5;

// Which snapshots the main table's branch has, and which it had and has no more.
class Branch {
 public:
  Branch(const iceberg::TableMetadata& metadata, const std::string& ref) : metadata_(metadata) {
    const auto* snapshot = metadata.RefHead(ref);
    while (snapshot != nullptr && inside_.insert(snapshot->snapshot_id).second) {
      snapshot = snapshot->parent_snapshot_id ? metadata.FindSnapshot(*snapshot->parent_snapshot_id) : nullptr;
    }
  }
  // Known, and not in the branch. Of one that has expired nothing is known.
  bool RolledBack(int64_t id) const { return !inside_.contains(id) && metadata_.FindSnapshot(id) != nullptr; }
  // Of each replay in the branch, the offsets.
  Result<std::vector<record::RowOrigins>> Replays(io::FileIo& io) const {
    std::vector<record::RowOrigins> replays;
    for (const int64_t id : inside_) {
      const iceberg::Snapshot& snapshot = *metadata_.FindSnapshot(id);
      if (!snapshot.summary.contains(std::string(table::kSummaryReplayed))) continue;
      FRAZIL_ASSIGN_OR_RETURN(replays.emplace_back(), table::ReplayedBy(snapshot, io));
    }
    return replays;
  }
  // The snapshot of the branch that replayed what `list` names.
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
    for (const auto& [topic, state] : committer_.states()) FRAZIL_RETURN_IF_ERROR(ReplayTopic(topic));
    return std::move(report_);
  }

 private:
  // Of one look at the errors table, until it is committed.
  struct Round {
    const table::OffsetState& state;
    const catalog::LoadedTable& main;
    const Branch& branch;
    std::map<TopicPartition, ReplayedPartition> counts;
    std::vector<std::pair<TopicPartition, int64_t>> tried;
    std::map<TopicPartition, ingest::FoundOffsets> rows;     // of the main table, among what was read again
    std::optional<std::vector<record::RowOrigins>> replays;  // in the branch
    Status searched;                                         // for these
  };

  Status ReplayTopic(const std::string& topic) {
    for (int fences = 0;;) {
      FRAZIL_ASSIGN_OR_RETURN(const auto main, main_.Reload(table::Table::History::kWhole));
      FRAZIL_RETURN_IF_ERROR(committer_.Load());
      const table::StatesByTopic states = committer_.states();
      const auto state = states.find(topic);
      if (state == states.end()) return {};
      const Branch branch(*main.metadata, committer_.options().ref);
      FRAZIL_RETURN_IF_ERROR(MarkLeftovers(state->second, main, branch));
      Round round{state->second, main, branch, {}, {}, {}, {}, {}};
      FRAZIL_ASSIGN_OR_RETURN(auto batches, parts_.Read([&](const StoredError& error) { return Wants(error, round); }));
      FRAZIL_RETURN_IF_ERROR(round.searched);
      const bool last = batches.empty();
      const Status done = last ? Status() : CommitRound(std::move(batches), round);
      if (!done && (done.error().kind != ErrorKind::kFenced || ++fences == kMostFences)) return done;
      if (!done) {
        log::info("bad records of topic '{}' are looked at again: {}", topic, done.error().message);
        for (const auto& [source, offset] : round.tried) tried_[source].erase(offset);
        continue;
      }
      fences = 0;
      for (const auto& [source, counts] : round.counts) report_.partitions[source] += counts;
      if (last) return {};
    }
  }

  // A replay before this one may have died before it had marked what it committed.
  Status MarkLeftovers(const table::OffsetState& state, const catalog::LoadedTable& main, const Branch& branch) {
    if (state.unmarked.empty() || marked_.contains(state.unmarked)) return {};
    const auto text = main.io->ReadAll(state.unmarked);
    if (!text && text.error().kind == ErrorKind::kNotFound) {
      return Fail(ErrorKind::kNotFound,
                  "{}, the list of the bad records that were replayed last, is gone, so that nothing tells which of "
                  "its rows are in the main table: bring the file back",
                  state.unmarked);
    }
    if (!text) return tl::unexpected<Error>(text.error());
    FRAZIL_ASSIGN_OR_RETURN(const record::RowOrigins replayed, table::ParseOrigins(*text));
    FRAZIL_ASSIGN_OR_RETURN(const int64_t count, parts_.Mark(replayed, branch.ReplayOf(state.unmarked)));
    if (count > 0) log::info("{} bad records that an earlier replay had made rows of are marked now", count);
    marked_.insert(state.unmarked);
    return {};
  }

  bool Wants(const StoredError& error, Round& round) {
    if (error.source.topic != round.state.topic || !round.searched) return false;
    if (error.marked && !WasTakenBack(error, round)) return false;
    if (!tried_[error.source].insert(error.offset).second) return false;
    round.tried.emplace_back(error.source, error.offset);
    ReplayedPartition& counts = round.counts[error.source];
    const auto found = round.state.partitions.find(error.source.partition);
    // What lies before the first start is none of ours; of one that was moved back that is not known any more.
    const bool ours = found != round.state.partitions.end() && error.offset < found->second.next &&
                      (error.offset >= found->second.start || found->second.rewound_from > 0);
    if (!ours) {
      ++counts.not_counted;
      return false;
    }
    if (error.offset >= found->second.reread_to) return true;
    const ingest::FoundOffsets* rows = RowsOf(error.source, found->second.reread_to, round);
    if (rows == nullptr) return false;
    if (rows->offsets.contains(error.offset)) {
      ++counts.were_rows;
      return false;
    }
    if (!rows->complete) ++counts.undecided;
    return rows->complete;
  }

  // The replay that marked it was rolled back, and none that is in the branch had it as well.
  bool WasTakenBack(const StoredError& error, Round& round) {
    const bool lost = committer_.options().on_rollback != table::OnRollback::kContinue && error.marked_snapshot &&
                      round.branch.RolledBack(*error.marked_snapshot);
    if (!lost) return false;
    if (!round.replays) {
      auto replays = round.branch.Replays(*round.main.io);
      if (!replays) round.searched = tl::unexpected<Error>(replays.error());
      round.replays = replays ? *std::move(replays) : std::vector<record::RowOrigins>();
    }
    return round.searched && std::none_of(round.replays->begin(), round.replays->end(), [&](const auto& replay) {
             return replay.Contains(error.source.topic, error.source.partition, error.offset);
           });
  }

  // Null if they could not be searched for.
  const ingest::FoundOffsets* RowsOf(const TopicPartition& source, int64_t next, Round& round) {
    const auto known = round.rows.find(source);
    if (known != round.rows.end()) return &known->second;
    auto rows = parts_.RowsBelow(round.main, source, next);
    if (!rows) {
      round.searched = tl::unexpected<Error>(rows.error());
      return nullptr;
    }
    return &round.rows.emplace(source, *std::move(rows)).first->second;
  }

  Status CommitRound(std::vector<record::RecordBatch> batches, Round& round) {
    FRAZIL_ASSIGN_OR_RETURN(ReplayParts::Rows rows, parts_.Make(std::move(batches)));
    if (!rows.offsets.list().empty()) FRAZIL_RETURN_IF_ERROR(CommitAndMark(std::move(rows.files), rows.offsets, round));
    for (const auto& run : rows.offsets.list()) round.counts[run.source].became_rows += run.rows;
    for (const auto& [source, reasons] : rows.still_bad) {
      round.counts[source].still_bad += static_cast<int64_t>(reasons.size());
      for (const auto& [offset, reason] : reasons) {
        if (report_.reasons.size() < kMostReasons)
          report_.reasons.push_back(decode::Describe({offset, reason}, source));
      }
    }
    return {};
  }

  Status CommitAndMark(std::vector<iceberg::DataFile> files, const record::RowOrigins& offsets, const Round& round) {
    const table::OffsetState& state = round.state;
    FRAZIL_FAILPOINT("before-replay-commit");
    FRAZIL_ASSIGN_OR_RETURN(
        const auto committed,
        committer_.CommitReplay(std::move(files), {state.topic, offsets, state.replays, state.rewinds}));
    FRAZIL_FAILPOINT("after-replay-commit");
    ++report_.commits;
    log::info("bad records of topic '{}' became rows of {}, snapshot {}", state.topic, main_.ident().ToString(),
              committed.report.snapshot_id);
    if (const auto marked = parts_.Mark(offsets, committed.report.snapshot_id); !marked) {
      const bool fenced = marked.error().kind == ErrorKind::kFenced;
      return tl::unexpected<Error>({fenced ? ErrorKind::kCommitConflict : marked.error().kind,
                                    fmt::format("bad records became rows with snapshot {}, but could not be marked: "
                                                "{}. The next replay marks them before it does anything else",
                                                committed.report.snapshot_id, marked.error().message)});
    }
    FRAZIL_FAILPOINT("after-marks");
    marked_.insert(committed.list);
    return {};
  }

  table::Committer& committer_;
  table::Table& main_;
  ReplayParts& parts_;
  std::map<TopicPartition, std::set<int64_t>> tried_;  // offsets that have been looked at
  std::set<std::string> marked_;                       // lists of replays
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
