#include "table/offset_account.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "table/offset_moves.h"
#include "table/offset_state.h"
#include "table/state_validity.h"

namespace frazil::table {
namespace {

using record::OffsetCounts;
using record::OffsetRange;

constexpr std::array kEachCount = {&OffsetCounts::rows, &OffsetCounts::errors, &OffsetCounts::skipped,
                                   &OffsetCounts::routed, &OffsetCounts::gaps};

OffsetCounts Minus(const OffsetCounts& all, const OffsetCounts& some) {
  OffsetCounts rest;
  for (const auto count : kEachCount) rest.*count = all.*count - some.*count;
  return rest;
}

bool AnyNegative(const OffsetCounts& counts) {
  return std::any_of(kEachCount.begin(), kEachCount.end(), [&](const auto count) { return counts.*count < 0; });
}

std::string CountsText(const OffsetCounts& c) {
  return fmt::format("{} rows, {} errors, {} skipped, {} routed, {} gaps", c.rows, c.errors, c.skipped, c.routed,
                     c.gaps);
}

// The index of the account of this pipeline and topic, or of the pipeline that took it over. The list's size if there
// is none.
size_t IndexOf(const std::vector<OffsetAccount>& accounts, const std::string& pipeline, const std::string& topic) {
  size_t successor = accounts.size();
  for (size_t i = 0; i < accounts.size(); ++i) {
    if (accounts[i].topic != topic) continue;
    if (accounts[i].pipeline == pipeline) return i;
    if (accounts[i].stored && WentOnFrom(accounts[i].stored->state, pipeline)) successor = i;
  }
  return successor;
}

constexpr std::string_view kReadAgain =
    "read these offsets into a table of their own ('independent: true', 'start' before them) and append what is "
    "missing, or roll back to the snapshot before the hole and say 'on_rollback: reingest'";
constexpr std::string_view kRemoveOne =
    "roll back to the snapshot before the second and say 'on_rollback: reingest', or delete the rows of one of them in "
    "any engine";

class AccountMaker {
 public:
  AccountMaker(const BranchHistory& history, const iceberg::TableMetadata& metadata)
      : history_(history), metadata_(metadata) {}

  OffsetAccounts Make(std::vector<StoredState> stored) {
    EraseOutlived(stored);
    for (const auto& each : stored) {
      accounts_.push_back({each.state.pipeline, each.state.topic, each, {}, {}});
    }
    for (const Commit& commit : history_.commits) {
      for (const OffsetRange& range : commit.ranges) Add(AccountOf(commit.pipeline, range.source.topic), commit, range);
      for (const record::RowOrigin& run : commit.replayed.list()) {
        OffsetAccount& account = AccountOf(commit.pipeline, run.source.topic);
        account.partitions[run.source.partition].replays.push_back({run, commit.snapshot->sequence_number});
      }
      if (!commit.forgotten.empty()) Forget(commit.forgotten);
    }
    std::erase_if(accounts_,
                  [](const OffsetAccount& account) { return !account.stored && account.partitions.empty(); });
    for (OffsetAccount& account : accounts_) {
      if (account.stored) {
        Settle(account, account.stored->state);
      } else {
        ReportLost(account);
      }
      for (auto& [id, partition] : account.partitions) partition.ApplyReplays();
    }
    return {std::move(accounts_), forgotten_rows_};
  }

 private:
  // Drops the account of the state with this key: those commits belong to the table of which this one is a copy.
  void Forget(const std::string& key) {
    for (OffsetAccount& account : accounts_) {
      OffsetState name;
      name.pipeline = account.pipeline;
      name.topic = account.topic;
      name.ref = history_.ref;
      if (OffsetsKey(name) != key) continue;
      forgotten_rows_ += account.counts().rows;
      account.partitions.clear();
    }
  }

  void Report(OffsetAccount& account, FindingKind kind, std::string where, std::string what, std::string_view advice) {
    account.findings.push_back({kind, std::move(where), std::move(what), std::string(advice)});
  }
  static std::string Where(const OffsetAccount& account, int32_t partition) {
    return fmt::format("topic {}, partition {}", account.topic, partition);
  }

  OffsetAccount& AccountOf(const std::string& pipeline, const std::string& topic) {
    const size_t found = IndexOf(accounts_, pipeline, topic);
    if (found == accounts_.size()) accounts_.push_back({pipeline, topic, std::nullopt, {}, {}});
    return accounts_[found];
  }

  void Add(OffsetAccount& account, const Commit& commit, const OffsetRange& range) {
    PartitionAccount& partition = account.partitions[range.source.partition];
    const bool is_start = range.is_start();
    if (!partition.stands_at) {
      partition.stands_at = range.first;
      partition.whole = is_start || history_.complete;
    } else if (is_start) {
      // A start of a known partition changes nothing: two processes that began together may both have recorded one. If
      // the pipeline has forgotten its position, the next commit shows it.
      restarts_[{account.pipeline, range.source}] = {range.first, commit.snapshot};
    } else if (range.first != *partition.stands_at) {
      partition.joins = false;
      const auto restart = restarts_.find({account.pipeline, range.source});
      if (restart != restarts_.end() && restart->second.offset == range.first) {
        ReportRestart(account, range, restart->second.snapshot, *partition.stands_at);
      } else if (range.first > *partition.stands_at) {
        ReportGap(account, commit, range, *partition.stands_at);
      } else {
        ReportOverlap(account, commit, range);
      }
    }
    if (is_start) return;
    if (range.goes_back()) {
      partition.Rewind(range.next, range.first);
      partition.stands_at = range.next;
      partition.counted_from = partition.stretches.size();
      partition.replays_counted_from = partition.replays.size();
      return;
    }
    if (restarts_.erase({account.pipeline, range.source}) > 0 || range.next > *partition.stands_at) {
      partition.stands_at = range.next;
    }
    partition.stretches.push_back({range.first, range.next, range.counts, commit.snapshot});
  }

  void ReportRestart(OffsetAccount& account, const OffsetRange& range, const iceberg::Snapshot* snapshot,
                     int64_t stood) {
    const bool back = range.first < stood;
    Report(account, back ? FindingKind::kOverlap : FindingKind::kGap, Where(account, range.source.partition),
           fmt::format("pipeline '{}' stood at offset {} and began anew at {} with snapshot {}: offsets {} to {} {}",
                       account.pipeline, stood, range.first, snapshot->snapshot_id, std::min(range.first, stood),
                       std::max(range.first, stood) - 1, back ? "came twice, as far as it got" : "are in no commit"),
           back
               ? "its offsets had been removed from the table: roll back to the snapshot before, and say 'on_rollback: "
                 "reingest', which goes on from the commits that are left"
               : kReadAgain);
  }

  void ReportGap(OffsetAccount& account, const Commit& commit, const OffsetRange& range, int64_t stood) {
    const int32_t id = range.source.partition;
    std::string what = fmt::format("offsets {} to {} are in no commit: snapshot {} begins at {}", stood,
                                   range.first - 1, commit.snapshot->snapshot_id, range.first);
    for (const Commit& other : history_.outside) {
      const bool held = std::any_of(other.ranges.begin(), other.ranges.end(), [&](const OffsetRange& theirs) {
        return theirs.source == range.source && theirs.first <= stood && theirs.next > stood;
      });
      if (!held) continue;
      what += fmt::format("; snapshot {}, which held them, was rolled back", other.snapshot->snapshot_id);
      break;
    }
    Report(account, FindingKind::kGap, Where(account, id), std::move(what), kReadAgain);
  }

  void ReportOverlap(OffsetAccount& account, const Commit& commit, const OffsetRange& range) {
    const auto& stretches = account.partitions.at(range.source.partition).stretches;
    const auto other = std::find_if(stretches.begin(), stretches.end(), [&](const Stretch& stretch) {
      return stretch.next > range.first && stretch.first < range.next;
    });
    std::string what;
    if (other == stretches.end()) {
      what = fmt::format("snapshot {} has offsets {} to {} after the branch had passed them",
                         commit.snapshot->snapshot_id, range.first, range.next - 1);
    } else {
      what = fmt::format("offsets {} to {} were committed twice: by snapshot {} and by snapshot {}",
                         std::max(range.first, other->first), std::min(range.next, other->next) - 1,
                         other->snapshot->snapshot_id, commit.snapshot->snapshot_id);
    }
    Report(account, FindingKind::kOverlap, Where(account, range.source.partition), std::move(what), kRemoveOne);
  }

  void ReportLost(OffsetAccount& account) {
    for (auto& [id, partition] : account.partitions) partition.whole &= partition.joins;
    const auto last = std::find_if(history_.commits.rbegin(), history_.commits.rend(),
                                   [&](const Commit& commit) { return commit.pipeline == account.pipeline; });
    std::string stood;
    for (const auto& [id, partition] : account.partitions) {
      stood += fmt::format("{}{}: {}", stood.empty() ? "" : ", ", id, partition.stands_at.value_or(0));
    }
    Report(account, FindingKind::kLostOffsets, fmt::format("pipeline {}, topic {}", account.pipeline, account.topic),
           fmt::format("its commits are in the history, the last is snapshot {}, but the table does not say where it "
                       "stands: the offsets were removed. By its commits it stood at (partition: next) {}",
                       last->snapshot->snapshot_id, stood),
           "to begin anew would write everything twice: 'frazil verify --repair' puts the offsets back from an older "
           "metadata file of the table");
  }

  void Settle(OffsetAccount& account, const OffsetState& state) {
    const std::string who = fmt::format("pipeline {}, topic {}", account.pipeline, account.topic);
    switch (CheckValidity(state, metadata_)) {
      case StateValidity::kValid:
      case StateValidity::kUnknown:  // not of a history that was loaded as a whole
        break;
      case StateValidity::kCopied:
        Report(account, FindingKind::kCopiedTable, who,
               fmt::format("its offsets were written for table {}, but this is table {}: the table was copied",
                           state.table_uuid, metadata_.table_uuid),
               fmt::format(
                   "feed the original; or have 'frazil verify --repair' take out the {}, so that the pipeline begins "
                   "anew here",
                   account.stored->Place()));
        break;
      case StateValidity::kRolledBack:
        ReportRollback(account, state, who);
        return;
    }
    for (const auto& [id, stands] : state.partitions) SettlePartition(account, id, stands, state);
    for (const auto& [id, partition] : account.partitions) {
      if (state.partitions.contains(id) || partition.stretches.empty()) continue;
      Report(account, FindingKind::kLostOffsets, Where(account, id),
             fmt::format("its commits are in the history, up to offset {}, but the {} does not know it",
                         partition.stands_at.value_or(0) - 1, account.stored->Place()),
             "'frazil verify --repair' puts it back from the commits: to begin it anew would write it twice");
    }
  }

  void ReportRollback(OffsetAccount& account, const OffsetState& state, const std::string& who) {
    int64_t taken_back = 0;
    for (const auto& [id, stands] : state.partitions) {
      PartitionAccount& partition = account.partitions[id];
      taken_back += stands.next - partition.stands_at.value_or(stands.start);
      if (!partition.stands_at) partition.whole = history_.complete;
    }
    Report(account, FindingKind::kRolledBack, who,
           fmt::format("snapshot {}, which recorded where it stands, is not in the history of '{}': the table was "
                       "rolled back or replaced. {} offsets that it counts as done are not in the table",
                       state.snapshot_id, history_.ref, taken_back),
           "say 'on_rollback: reingest' to read them again, or 'on_rollback: continue' to go on without them");
  }

  void SettlePartition(OffsetAccount& account, int32_t id, const PartitionState& stands, const OffsetState& state) {
    PartitionAccount& partition = account.partitions[id];
    if (!partition.joins) {
      partition.whole = false;
      return;
    }
    // Sums the history up to the commit that wrote the state. Later commits exist only if the catalog took them and
    // dropped their offsets.
    OffsetCounts known;
    std::optional<int64_t> begin;
    std::optional<int64_t> end;
    if (stands.rewound_from > 0) partition.Rewind(stands.start, stands.rewound_from);
    for (size_t i = partition.counted_from; i < partition.stretches.size(); ++i) {
      const Stretch& stretch = partition.stretches[i];
      if (stretch.snapshot->sequence_number > state.sequence_number || stretch.first < stands.start) continue;
      if (!begin) begin = stretch.first;
      end = stretch.next;
      known += stretch.counts;
    }
    for (size_t i = partition.replays_counted_from; i < partition.replays.size(); ++i) {
      const auto& [run, sequence_number] = partition.replays[i];
      if (sequence_number > state.sequence_number) continue;
      const int64_t rows = CountedOf(stands, run);
      known.rows += rows;
      known.errors -= rows;
    }
    const std::string place = account.stored->Place();
    // The history is complete and has no commit of this partition.
    if (!end && history_.complete) end = stands.start;
    if (end && *end != stands.next) {
      partition.whole = false;
      const bool ahead = *end < stands.next;
      std::string what =
          fmt::format("the {} says that it stands at offset {}, but its commits end at {}", place, stands.next, *end);
      if (ahead) what += fmt::format(": offsets {} to {} are in none of them", *end, stands.next - 1);
      Report(
          account, ahead ? FindingKind::kUncommitted : FindingKind::kWrongPosition, Where(account, id), std::move(what),
          ahead ? "they were rolled back, or the number was changed: 'frazil verify --repair' puts it right, so that "
                  "they are read; 'on_rollback: continue' goes on without them"
                : "'frazil verify --repair' puts the number right from the commits: what lies between would come "
                  "twice");
      return;
    }
    const OffsetCounts before = Minus(stands.counts, known);
    const int64_t length = begin.value_or(stands.next) - stands.start;
    if (AnyNegative(before) || before.total() != length || (history_.complete && length != 0)) {
      partition.whole = false;
      Report(
          account, FindingKind::kWrongCount, Where(account, id),
          fmt::format("the {} counts {} for {}..{}, its commits count {} from {} on", place, CountsText(stands.counts),
                      stands.start, stands.next, CountsText(known), begin.value_or(stands.next)),
          "one of them was changed by hand: the older metadata files of the table tell which; 'frazil verify --repair' "
          "puts down what the commits come to");
      return;
    }
    auto& stretches = partition.stretches;
    if (length > 0) stretches.insert(stretches.begin(), {stands.start, stands.start + length, before, nullptr});
    // After a rewind, or a rollback with re-reading, the state begins later than the rows in the table.
    if (!partition.rewound && !stretches.empty() && stretches.front().first == stands.start) partition.whole = true;
    if (!partition.stands_at) partition.stands_at = stands.next;
  }

  struct Start {
    int64_t offset = 0;
    const iceberg::Snapshot* snapshot = nullptr;
  };

  const BranchHistory& history_;
  const iceberg::TableMetadata& metadata_;
  std::vector<OffsetAccount> accounts_;
  int64_t forgotten_rows_ = 0;
  // Repeated starts of known partitions, by pipeline, until the partition's next range.
  std::map<std::pair<std::string, record::TopicPartition>, Start> restarts_;
};

}  // namespace

int64_t PartitionAccount::first(size_t from) const {
  const auto least = std::min_element(stretches.begin() + static_cast<ptrdiff_t>(from), stretches.end(),
                                      [](const Stretch& a, const Stretch& b) { return a.first < b.first; });
  return least == stretches.end() ? 0 : least->first;
}

int64_t PartitionAccount::end() const { return std::max(stands_at.value_or(0), rewound ? rewound->second : 0); }

void PartitionAccount::Rewind(int64_t first, int64_t next) {
  rewound =
      rewound ? std::pair(std::min(rewound->first, first), std::max(rewound->second, next)) : std::pair(first, next);
}

void PartitionAccount::ApplyReplays() {
  for (const auto& [run, sequence_number] : replays) {
    // After a rewind, several stretches may have the same offsets. The replay belongs to the last one before it.
    int64_t next = run.next;
    for (auto stretch = stretches.rbegin(); stretch != stretches.rend() && next > run.first; ++stretch) {
      const bool was_there = stretch->snapshot == nullptr || stretch->snapshot->sequence_number < sequence_number;
      if (!was_there || stretch->first >= next || stretch->next < next) continue;
      const int64_t count = next - std::max(stretch->first, run.first);
      stretch->counts.rows += count;
      stretch->counts.errors -= count;
      stretch->replayed += count;
      next = std::max(stretch->first, run.first);
    }
  }
}

OffsetCounts PartitionAccount::counts() const {
  OffsetCounts sum;
  for (const Stretch& stretch : stretches) sum += stretch.counts;
  return sum;
}

bool OffsetAccount::moved() const {
  return std::any_of(partitions.begin(), partitions.end(),
                     [](const auto& each) { return !each.second.stretches.empty() || each.second.rewound; });
}

bool OffsetAccount::joins() const {
  return std::all_of(partitions.begin(), partitions.end(), [](const auto& each) { return each.second.joins; });
}

bool OffsetAccount::whole() const {
  return std::all_of(partitions.begin(), partitions.end(), [](const auto& each) { return each.second.whole; });
}

OffsetCounts OffsetAccount::counts() const {
  OffsetCounts sum;
  for (const auto& [id, partition] : partitions) sum += partition.counts();
  return sum;
}

const OffsetAccount* OffsetAccounts::Find(const std::string& pipeline, const std::string& topic) const {
  const size_t found = IndexOf(list, pipeline, topic);
  return found == list.size() ? nullptr : &list[found];
}

OffsetAccounts MakeAccounts(const BranchHistory& history, const std::vector<StoredState>& stored,
                            const iceberg::TableMetadata& metadata) {
  return AccountMaker(history, metadata).Make(stored);
}

}  // namespace frazil::table
