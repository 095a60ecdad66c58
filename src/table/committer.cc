#include "table/committer.h"

#include <algorithm>
#include <functional>

#include "common/failpoint.h"
#include "common/log.h"
#include "common/random.h"
#include "iceberg/location_provider.h"
#include "iceberg/snapshot_writer.h"
#include "table/offset_history.h"
#include "table/offset_moves.h"
#include "table/offset_notes.h"
#include "table/start_check.h"

// What is committed. committer_forms.cc and commit_tries.cc carry a commit out.
namespace frazil::table {
namespace {

constexpr int kEstablishRounds = 5;

// Removes pending bad records that the errors table has (`applied`), and adds those that the states have come to.
void Keep(const ErrorsByTopic& pending, const StatesByTopic& applied, StatesByTopic& states) {
  for (auto& [topic, state] : states) {
    if (const auto known = applied.find(topic); known != applied.end()) {
      std::erase_if(state.pending, [&](const PendingErrors& one) { return Reaches(known->second, one); });
    }
    const auto own = pending.find(topic);
    if (own != pending.end() && Reaches(state, own->second)) AddPending(state, own->second);
  }
}

// After a rewind, the offsets may join again although bad records of them are in the errors table already. kFenced if
// some of `own` may be in the errors table, which has come as far as `applied`, or are pending in `state`.
Status CheckNew(const PendingErrors& own, const OffsetState& state, const StatesByTopic& applied) {
  std::map<int32_t, int64_t> taken;  // partition → the offset up to which bad records are taken
  if (const auto known = applied.find(state.topic); known != applied.end()) {
    for (const auto& [id, partition] : known->second.partitions) taken[id] = partition.next;
  }
  for (const PendingErrors& one : state.pending) {
    for (const auto& origin : one.origins.list()) {
      taken[origin.source.partition] = std::max(taken[origin.source.partition], origin.next);
    }
  }
  for (const auto& origin : own.origins.list()) {
    const int64_t up_to = taken[origin.source.partition];
    if (origin.first >= up_to) continue;
    return Fail(ErrorKind::kFenced,
                "bad records of offsets {} to {} of partition {} of topic '{}' went to the errors table before, up to "
                "{}; the table was rewound since",
                origin.first, origin.next - 1, origin.source.partition, state.topic, up_to - 1);
  }
  return {};
}

// kFenced if the topic was rewound since the first try, which stores the number of rewinds in `at`. Otherwise this
// could happen: a try is taken, its answer is lost, its snapshot expires, and a rewind makes the offsets join again.
// Then the next try would add the same files a second time.
Status CheckNotRewound(const OffsetState& state, std::map<std::string, int64_t>& at) {
  if (at.try_emplace(state.topic, state.rewinds).first->second == state.rewinds) return {};
  return Fail(ErrorKind::kFenced, "topic '{}' was rewound while the commit was tried", state.topic);
}

}  // namespace

Committer::Committer(std::shared_ptr<Table> table, CommitterOptions options)
    : table_(std::move(table)), options_(std::move(options)), reader_(*table_, options_) {}

OffsetState Committer::NewState(const std::string& topic) const {
  OffsetState state;
  state.pipeline = options_.pipeline;
  state.topic = topic;
  state.ref = options_.ref;
  state.cluster_id = options_.cluster_id;
  state.topic_id = options_.topic_ids.Find(topic).value_or("");
  return state;
}

void Committer::Adopt(StatesByTopic states) {
  std::lock_guard lock(mutex_);
  states_ = std::move(states);
}

Status Committer::AdoptFrom(std::optional<catalog::LoadedTable> table) {
  const auto read = [&](catalog::LoadedTable& loaded) { return reader_.Read(loaded); };
  FRAZIL_ASSIGN_OR_RETURN(KnownStates known, table_->ReadFiles(Table::History::kHeads, read, std::move(table)));
  Adopt(std::move(known.states));
  return {};
}

Status Committer::Load() { return AdoptFrom(std::nullopt); }

Status Committer::Begin() {
  if (!options_.exactly_once) return Load();
  const auto checked = [&](catalog::LoadedTable& table) -> Result<KnownStates> {
    FRAZIL_ASSIGN_OR_RETURN(KnownStates known, reader_.Read(table));
    FRAZIL_RETURN_IF_ERROR(CheckAgainstCommits(known, options_, table, table_->ident().ToString()));
    return known;
  };
  auto known = table_->ReadFiles(Table::History::kWhole, checked);
  if (!known && known.error().kind == ErrorKind::kNotFound) {
    // A file of the history is gone. The offsets themselves may be fine; if they are not, Load returns the error.
    FRAZIL_RETURN_IF_ERROR(Load());
    log::warn(
        "the offsets in table {} are not held against its commits, which cannot all be read ('frazil verify' "
        "tells more): {}",
        table_->ident().ToString(), known.error().message);
    return {};
  }
  if (!known) return tl::unexpected<Error>(known.error());
  Adopt(std::move(known->states));
  return {};
}

Positions Committer::next() const {
  std::lock_guard lock(mutex_);
  Positions out;
  for (const auto& [topic, state] : states_) {
    for (const auto& [id, partition] : state.partitions) out[{topic, id}] = partition.next;
  }
  return out;
}

StatesByTopic Committer::states() const {
  std::lock_guard lock(mutex_);
  return states_;
}

bool Committer::AnyPending() const {
  std::lock_guard lock(mutex_);
  return std::any_of(states_.begin(), states_.end(), [](const auto& each) { return !each.second.pending.empty(); });
}

std::string Committer::FirstNameOf(const std::string& topic) const {
  std::lock_guard lock(mutex_);
  const auto found = states_.find(topic);
  return found == states_.end() ? options_.pipeline : FirstName(found->second);
}

bool Committer::Established(const std::string& topic) const {
  std::lock_guard lock(mutex_);
  const auto found = states_.find(topic);
  return found != states_.end() && !found->second.partitions.empty();
}

Status Committer::Establish(const Positions& starts) {
  for (const auto& [source, start] : starts) {
    if (const Status can = CheckOffset(start); !can) {
      return Wrap(can.error(), fmt::format("the start of topic '{}', partition {}", source.topic, source.partition));
    }
  }
  if (!options_.exactly_once) return {};
  for (const auto& [source, start] : starts) {
    if (options_.topic_ids.Contains(source.topic)) continue;
    return Fail(ErrorKind::kInternal, "topic '{}' is none that pipeline '{}' knows", source.topic, options_.pipeline);
  }
  const auto establish = [&](StatesByTopic& states) -> Status {
    bool changed = false;
    for (const auto& [source, start] : starts) {
      OffsetState& state = states.try_emplace(source.topic, NewState(source.topic)).first->second;
      // If another process has established the partition meanwhile, its start counts.
      changed |= state.partitions.try_emplace(source.partition, StartingAt(start)).second;
    }
    if (!changed) return Fail(ErrorKind::kAlreadyExists, "nothing to establish");
    return {};
  };
  // Checks once whether the commits of the branch know a partition that the state lacks. Such a partition is not new.
  bool first = false;
  {
    std::lock_guard lock(mutex_);
    for (const auto& [source, start] : starts) first |= looked_for_.insert(source.topic).second;
  }
  if (first) FRAZIL_RETURN_IF_ERROR(Begin());
  std::vector<record::OffsetRange> ranges;
  for (const auto& [source, start] : starts) ranges.push_back({source, start, start, -1, {}});
  FRAZIL_ASSIGN_OR_RETURN(const auto summary, SummaryOfMoved(ranges));
  const auto all_there = [&] {
    const Positions there = next();
    return std::all_of(starts.begin(), starts.end(), [&](const auto& start) { return there.contains(start.first); });
  };
  for (int round = 0; round == 0 || !all_there(); ++round) {
    // The record may be rolled back before next() sees it.
    if (round == kEstablishRounds) {
      return Fail(ErrorKind::kCommitConflict,
                  "where pipeline '{}' starts was recorded in table {} and taken back {} times", options_.pipeline,
                  table_->ident().ToString(), round);
    }
    const auto done = CommitRowless(summary, {establish, /*fails_twice=*/true});
    if (done) continue;
    if (done.error().kind != ErrorKind::kAlreadyExists) {
      return Wrap(done.error(), fmt::format("could not record where pipeline '{}' starts", options_.pipeline));
    }
    // Another process of the pipeline has established all of them. Its starts count.
    FRAZIL_RETURN_IF_ERROR(Load());
  }
  FRAZIL_FAILPOINT("after-establish");
  return {};
}

Status Committer::MoveTo(const Positions& positions) {
  const Positions stand = next();
  std::vector<record::OffsetRange> ranges;
  for (const auto& [source, to] : positions) {
    const auto from = stand.find(source);
    if (from == stand.end()) {
      return Fail(ErrorKind::kInvalidArgument, "partition {} of topic '{}' is not established in table {}",
                  source.partition, source.topic, table_->ident().ToString());
    }
    if (to < 0) return Fail(ErrorKind::kInvalidArgument, "there is no offset {}", to);
    if (to == from->second) continue;
    record::OffsetRange range{source, from->second, to, -1, {}};
    range.counts.skipped = std::max<int64_t>(to - from->second, 0);
    ranges.push_back(std::move(range));
  }
  if (ranges.empty()) return {};
  FRAZIL_ASSIGN_OR_RETURN(auto summary, SummaryOfMoved(ranges));
  iceberg::SnapshotWriter writer(options_.ref, iceberg::NoFiles(), std::move(summary));
  const ErrorsOfCommit none;
  FRAZIL_RETURN_IF_ERROR(Run(writer, Advancing(ranges, none), KeepingOffsets()));
  return {};
}

Result<Positions> Committer::StoodAt(int64_t snapshot_id) const {
  return table_->ReadFiles(Table::History::kWhole, [&](catalog::LoadedTable& whole) -> Result<Positions> {
    FRAZIL_ASSIGN_OR_RETURN(KnownStates known, reader_.Read(whole));
    const History history{*whole.metadata, *whole.io, known.others};
    Positions stood;
    for (auto& [topic, state] : known.states) {
      FRAZIL_ASSIGN_OR_RETURN(const OffsetState then, AsOf(std::move(state), snapshot_id, history));
      for (const auto& [id, partition] : then.partitions) stood[{topic, id}] = partition.next;
    }
    return stood;
  });
}

Result<std::map<std::string, std::string>> Committer::SummaryOfMoved(const std::vector<record::OffsetRange>& ranges,
                                                                     const ErrorsByTopic& errors) const {
  const catalog::LoadedTable now = table_->current();
  return SummaryOf(options_.pipeline, ranges, errors, *now.metadata, *now.io);
}

StateChange Committer::Advancing(const std::vector<record::OffsetRange>& ranges, const ErrorsOfCommit& errors) const {
  const auto advance = [this, &ranges, &errors,
                        rewinds = std::map<std::string, int64_t>()](StatesByTopic& states) mutable -> Status {
    if (!options_.exactly_once) return {};
    FRAZIL_ASSIGN_OR_RETURN(const StatesByTopic applied, errors.applied());
    for (const auto& [topic, own] : errors.pending) {
      const auto found = states.find(topic);
      if (found != states.end()) FRAZIL_RETURN_IF_ERROR(CheckNew(own, found->second, applied));
    }
    for (const auto& [topic, state] : states) FRAZIL_RETURN_IF_ERROR(CheckNotRewound(state, rewinds));
    for (const auto& range : ranges) {
      const auto found = states.find(range.source.topic);
      if (found == states.end()) {
        return Fail(ErrorKind::kFenced, "topic '{}' is not established in the table", range.source.topic);
      }
      FRAZIL_RETURN_IF_ERROR(Advance(found->second, range));
    }
    Keep(errors.pending, applied, states);
    return {};
  };
  return {advance, /*fails_twice=*/options_.exactly_once && !ranges.empty()};
}

Committer::Restatement Committer::KeepingOffsets() const {
  const auto keep = [](StatesByTopic&) { return Status(); };
  return {{{std::string(kSummaryPipeline), options_.pipeline}}, {keep, /*fails_twice=*/false}};
}

Result<CommitReport> Committer::CommitRowless(const std::map<std::string, std::string>& summary,
                                              const StateChange& change) {
  iceberg::SnapshotWriter rowless(options_.ref, iceberg::NoFiles(), summary);
  return Run(rowless, change, {summary, change, /*suffices=*/true});
}

Result<CommitReport> Committer::CommitChange(iceberg::FileChangePtr change,
                                             const std::vector<record::OffsetRange>& ranges,
                                             const ErrorsOfCommit& errors, const std::vector<DecidedBy>& decided,
                                             bool* sent) {
  if (sent != nullptr) *sent = false;
  std::map<std::string, std::string> summary;
  if (options_.exactly_once) {
    FRAZIL_ASSIGN_OR_RETURN(summary, SummaryOfMoved(ranges, errors.pending));
  }
  iceberg::SnapshotWriter writer(options_.ref, std::move(change), std::move(summary));
  return Run(writer, Advancing(ranges, errors), KeepingOffsets(), decided, sent);
}

Result<CommitReport> Committer::Commit(std::vector<iceberg::DataFile> files, std::vector<record::OffsetRange> ranges,
                                       const ErrorsOfCommit& errors, std::vector<DecidedBy> decided, bool* sent) {
  return CommitChange(iceberg::AppendFiles(std::move(files)), ranges, errors, decided, sent);
}

Result<CommitReport> Committer::Overwrite(std::vector<iceberg::DataFile> files, int64_t since,
                                          std::vector<record::OffsetRange> ranges, const ErrorsOfCommit& errors,
                                          std::vector<DecidedBy> decided, bool* sent) {
  std::set<std::string> own;
  for (const iceberg::DataFile& file : files) own.insert(file.file_path);
  auto change = iceberg::ReplacePartitions(std::move(files), since, live_, overwrote_);
  auto report = CommitChange(std::move(change), ranges, errors, decided, sent);
  if (report && !own.empty()) overwrote_ = std::move(own);
  return report;
}

Result<Committer::CommittedReplay> Committer::CommitReplay(std::vector<iceberg::DataFile> files, const Replay& replay,
                                                           std::vector<DecidedBy> decided) {
  const catalog::LoadedTable table = table_->current();
  const std::string list =
      iceberg::LocationProvider(*table.metadata).MetadataFile(fmt::format("frazil-replayed-{}.json", RandomUuid()));
  const std::string offsets = WriteOrigins(replay.offsets);
  FRAZIL_RETURN_IF_ERROR(table.io->WriteAll(list, offsets));
  FRAZIL_FAILPOINT("after-replay-list-put");
  const auto count = [&](StatesByTopic& states) -> Status {
    const auto found = states.find(replay.topic);
    if (found == states.end()) {
      return Fail(ErrorKind::kFenced, "topic '{}' is not established in the table", replay.topic);
    }
    OffsetState& state = found->second;
    const bool as_chosen =
        state.replays == replay.replays && state.rewinds == replay.rewinds && state.unmarked == replay.unmarked;
    if (!as_chosen) {
      return Fail(ErrorKind::kFenced, "bad records of topic '{}' were replayed, or it was rewound, meanwhile",
                  replay.topic);
    }
    FRAZIL_RETURN_IF_ERROR(CountReplayed(state, replay.offsets));
    ++state.replays;
    state.unmarked = list;
    return {};
  };
  iceberg::SnapshotWriter writer(
      options_.ref, iceberg::AppendFiles(std::move(files)),
      {{std::string(kSummaryPipeline), options_.pipeline}, {std::string(kSummaryReplayed), list}});
  writer.SayInManifestList(std::string(kSummaryReplayed), offsets);
  FRAZIL_ASSIGN_OR_RETURN(const CommitReport report,
                          Run(writer, {count, /*fails_twice=*/true}, KeepingOffsets(), decided));
  return CommittedReplay{report, list};
}

Status Committer::ForgetReplay(const std::string& topic, const std::string& list) {
  const auto forget = [&](StatesByTopic& states) -> Status {
    const auto found = states.find(topic);
    if (found == states.end() || found->second.unmarked != list) {
      return Fail(ErrorKind::kAlreadyExists, "nothing to forget");
    }
    found->second.unmarked.clear();
    return {};
  };
  const auto done = CommitRowless(KeepingOffsets().summary, {forget, /*fails_twice=*/true});
  if (done || done.error().kind == ErrorKind::kAlreadyExists) return {};
  return tl::unexpected<Error>(done.error());
}

Result<CommitReport> Committer::PutRight(const OffsetState& state, const std::optional<OffsetState>& instead_of) {
  const auto put = [&](StatesByTopic& states) -> Status {
    const auto found = states.find(state.topic);
    const bool as_seen = found == states.end() ? !instead_of : instead_of && found->second == *instead_of;
    if (!as_seen) return Fail(ErrorKind::kFenced, "the offsets of topic '{}' have changed meanwhile", state.topic);
    states.insert_or_assign(state.topic, state);
    return {};
  };
  return CommitRowless(KeepingOffsets().summary, {put, /*fails_twice=*/true});
}

Result<CommitReport> Committer::Change(iceberg::FileChangePtr change, std::map<std::string, std::string> summary) {
  iceberg::SnapshotWriter writer(options_.ref, std::move(change), std::move(summary));
  // because the removed files are gone
  const StateChange none{[](StatesByTopic&) { return Status(); }, /*fails_twice=*/true};
  return Run(writer, none, KeepingOffsets());
}

}  // namespace frazil::table
