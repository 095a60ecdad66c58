#include "table/committer.h"

#include <algorithm>
#include <functional>

#include "common/backoff.h"
#include "common/failpoint.h"
#include "common/interruptible_sleep.h"
#include "common/log.h"
#include "common/random.h"
#include "iceberg/location_provider.h"
#include "iceberg/manifest.h"
#include "iceberg/snapshot_producer.h"

namespace frazil::table {
namespace {

constexpr auto kFirstWait = std::chrono::milliseconds(100);
constexpr auto kLongestWait = std::chrono::seconds(60);
constexpr auto kWorthTelling = std::chrono::seconds(1);  // a wait before the next try
constexpr auto kLongestConflictWait = std::chrono::seconds(2);
constexpr int kEstablishRounds = 5;

// What one try tells about the next.
enum class Outcome { kRetry, kFinal };

Outcome Judge(const Error& error) {
  switch (error.kind) {
    case ErrorKind::kCommitConflict:
    case ErrorKind::kCommitUnknown:
    case ErrorKind::kUnavailable:
      return Outcome::kRetry;
    default:
      return Outcome::kFinal;
  }
}

// A refusal that has to do with what was asked, not with when.
bool IsRefusal(const Error& error) {
  return error.kind == ErrorKind::kInvalidArgument || error.kind == ErrorKind::kUnsupported ||
         error.kind == ErrorKind::kUnauthorized;
}

// What is applied goes, what the states have come to is added.
void Keep(const ErrorsByTopic& pending, const StatesByTopic& applied, StatesByTopic& states) {
  for (auto& [topic, state] : states) {
    if (const auto known = applied.find(topic); known != applied.end()) {
      std::erase_if(state.pending, [&](const PendingErrors& one) { return Reaches(known->second, one); });
    }
    const auto own = pending.find(topic);
    const bool came = own != pending.end() && Reaches(state, own->second);
    if (came && FRAZIL_GUARD("errors-named")) AddPending(state, own->second);
  }
}

// Where the offsets join, bad records may still be there: a rewind since they were read first has made the offsets
// join again. kFenced if some of `own` may be in the errors table, which has come as far as `applied` says, or are
// pending in `state`.
Status CheckNew(const PendingErrors& own, const OffsetState& state, const StatesByTopic& applied) {
  std::map<int32_t, int64_t> taken;  // by partition, up to which offset
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

// Where a try was taken, its snapshot expired before its answer was missed, and a rewind has made the offsets join
// again, the next try would add the same files: kFenced if the topic was rewound since the first try, which notes it in
// `at`.
Status CheckNotRewound(const OffsetState& state, std::map<std::string, int64_t>& at) {
  if (at.try_emplace(state.topic, state.rewinds).first->second == state.rewinds) return {};
  return Fail(ErrorKind::kFenced, "topic '{}' was rewound while the commit was tried", state.topic);
}

// Of a snapshot that has expired since, one that came after it tells. Sent again it would be its own ancestor.
bool WasTaken(const iceberg::TableMetadata& table, int64_t snapshot_id) {
  return table.FindSnapshot(snapshot_id) != nullptr ||
         std::any_of(table.snapshots.begin(), table.snapshots.end(),
                     [&](const iceberg::Snapshot& other) { return other.parent_snapshot_id == snapshot_id; });
}

template <class Requirement>
void Drop(std::vector<iceberg::TableRequirement>& requirements) {
  std::erase_if(requirements, [](const auto& one) { return std::holds_alternative<Requirement>(one); });
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
  state.topic_id = options_.topic_ids.at(topic);
  return state;
}

void Committer::Adopt(StatesByTopic states) {
  std::lock_guard lock(mutex_);
  states_ = std::move(states);
}

Status Committer::AdoptFrom(catalog::LoadedTable table) {
  FRAZIL_ASSIGN_OR_RETURN(KnownStates known, reader_.Read(table));
  Adopt(std::move(known.states));
  return {};
}

Status Committer::Load() {
  FRAZIL_ASSIGN_OR_RETURN(catalog::LoadedTable loaded, table_->Reload(Table::History::kHeads));
  return AdoptFrom(std::move(loaded));
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
  if (!options_.exactly_once) return {};
  if (!FRAZIL_GUARD("established")) {
    // Only to show that the invariant's test sees it: starts known to this process alone.
    StatesByTopic states;
    for (const auto& [source, start] : starts) {
      OffsetState& state = states.try_emplace(source.topic, NewState(source.topic)).first->second;
      state.partitions.try_emplace(source.partition, StartingAt(start));
    }
    Adopt(std::move(states));
    return {};
  }
  const Change change = [&](StatesByTopic& states) -> Status {
    bool changed = false;
    for (const auto& [source, start] : starts) {
      OffsetState& state = states.try_emplace(source.topic, NewState(source.topic)).first->second;
      // Somebody else may have established it while we tried: theirs stands.
      changed |= state.partitions.try_emplace(source.partition, StartingAt(start)).second;
    }
    if (!changed) return Fail(ErrorKind::kAlreadyExists, "nothing to establish");
    return {};
  };
  std::vector<record::OffsetRange> ranges;
  for (const auto& [source, start] : starts) ranges.push_back({source, start, start, -1, {}});
  FRAZIL_ASSIGN_OR_RETURN(const auto summary, SummaryOfMoved(ranges));
  const auto all_there = [&] {
    const Positions there = next();
    return std::all_of(starts.begin(), starts.end(), [&](const auto& start) { return there.contains(start.first); });
  };
  for (int round = 0; round == 0 || !all_there(); ++round) {
    // What was recorded may be rolled back before it is looked at.
    if (round == kEstablishRounds) {
      return Fail(ErrorKind::kCommitConflict,
                  "where pipeline '{}' starts was recorded in table {} and taken back {} times", options_.pipeline,
                  table_->ident().ToString(), round);
    }
    iceberg::SnapshotProducer append(options_.ref, {}, summary);
    const auto done = Run(append, change, {summary, change, /*suffices=*/true});
    if (done) continue;
    if (done.error().kind != ErrorKind::kAlreadyExists) {
      return Wrap(done.error(), fmt::format("could not record where pipeline '{}' starts", options_.pipeline));
    }
    // Another process of the pipeline was quicker, with all of it: what it recorded is what we go by.
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
  iceberg::SnapshotProducer append(options_.ref, {}, std::move(summary));
  const ErrorsOfCommit none;
  FRAZIL_RETURN_IF_ERROR(Run(append, Advancing(ranges, none), KeepingOffsets()));
  return {};
}

Result<Positions> Committer::StoodAt(int64_t snapshot_id) const {
  FRAZIL_ASSIGN_OR_RETURN(catalog::LoadedTable whole, table_->Reload(Table::History::kWhole));
  FRAZIL_ASSIGN_OR_RETURN(KnownStates known, reader_.Read(whole));
  const History history{*whole.metadata, *whole.io, known.others};
  Positions stood;
  for (auto& [topic, state] : known.states) {
    FRAZIL_ASSIGN_OR_RETURN(const OffsetState then, AsOf(std::move(state), snapshot_id, history));
    for (const auto& [id, partition] : then.partitions) stood[{topic, id}] = partition.next;
  }
  return stood;
}

Result<std::map<std::string, std::string>> Committer::SummaryOfMoved(const std::vector<record::OffsetRange>& ranges,
                                                                     const ErrorsByTopic& errors) const {
  const catalog::LoadedTable now = table_->current();
  return SummaryOf(options_.pipeline, ranges, errors, *now.metadata, *now.io);
}

Committer::Change Committer::Advancing(const std::vector<record::OffsetRange>& ranges,
                                       const ErrorsOfCommit& errors) const {
  return [this, &ranges, &errors, rewinds = std::map<std::string, int64_t>()](StatesByTopic& states) mutable -> Status {
    if (!options_.exactly_once) return {};
    if (!FRAZIL_GUARD("established") && states.empty()) {
      std::lock_guard lock(mutex_);
      states = states_;
    }
    FRAZIL_ASSIGN_OR_RETURN(const StatesByTopic applied, errors.applied());
    for (const auto& [topic, own] : errors.pending) {
      const auto found = states.find(topic);
      if (found != states.end() && FRAZIL_GUARD("errors-new")) {
        FRAZIL_RETURN_IF_ERROR(CheckNew(own, found->second, applied));
      }
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
}

Committer::Restatement Committer::KeepingOffsets() const {
  return {{{std::string(kSummaryPipeline), options_.pipeline}}, [](StatesByTopic&) { return Status(); }};
}

Result<CommitReport> Committer::Commit(std::vector<iceberg::DataFile> files, std::vector<record::OffsetRange> ranges,
                                       const ErrorsOfCommit& errors) {
  std::map<std::string, std::string> summary;
  if (options_.exactly_once) {
    FRAZIL_ASSIGN_OR_RETURN(summary, SummaryOfMoved(ranges, errors.pending));
  }
  iceberg::SnapshotProducer append(options_.ref, std::move(files), std::move(summary));
  return Run(append, Advancing(ranges, errors), KeepingOffsets());
}

Result<Committer::CommittedReplay> Committer::CommitReplay(std::vector<iceberg::DataFile> files, const Replay& replay) {
  const catalog::LoadedTable table = table_->current();
  const std::string list =
      iceberg::LocationProvider(*table.metadata).MetadataFile(fmt::format("frazil-replayed-{}.json", RandomUuid()));
  const std::string offsets = WriteOrigins(replay.offsets);
  FRAZIL_RETURN_IF_ERROR(table.io->WriteAll(list, offsets));
  FRAZIL_FAILPOINT("after-replay-list-put");
  const Change change = [&](StatesByTopic& states) -> Status {
    const auto found = states.find(replay.topic);
    if (found == states.end()) {
      return Fail(ErrorKind::kFenced, "topic '{}' is not established in the table", replay.topic);
    }
    OffsetState& state = found->second;
    const bool as_chosen =
        state.replays == replay.replays && state.rewinds == replay.rewinds && state.unmarked == replay.unmarked;
    if (FRAZIL_GUARD("replayed-once") && !as_chosen) {
      return Fail(ErrorKind::kFenced, "bad records of topic '{}' were replayed, or it was rewound, meanwhile",
                  replay.topic);
    }
    FRAZIL_RETURN_IF_ERROR(CountReplayed(state, replay.offsets));
    ++state.replays;
    state.unmarked = list;
    return {};
  };
  iceberg::SnapshotProducer append(
      options_.ref, std::move(files),
      {{std::string(kSummaryPipeline), options_.pipeline}, {std::string(kSummaryReplayed), list}});
  append.SayInManifestList(std::string(kSummaryReplayed), offsets);
  FRAZIL_ASSIGN_OR_RETURN(const CommitReport report, Run(append, change, KeepingOffsets()));
  return CommittedReplay{report, list};
}

Status Committer::ForgetReplay(const std::string& topic, const std::string& list) {
  const Change change = [&](StatesByTopic& states) -> Status {
    const auto found = states.find(topic);
    if (found == states.end() || found->second.unmarked != list) {
      return Fail(ErrorKind::kAlreadyExists, "nothing to forget");
    }
    found->second.unmarked.clear();
    return {};
  };
  const std::map<std::string, std::string> summary = {{std::string(kSummaryPipeline), options_.pipeline}};
  iceberg::SnapshotProducer rowless(options_.ref, {}, summary);
  const auto done = Run(rowless, change, {summary, change, /*suffices=*/true});
  if (done || done.error().kind == ErrorKind::kAlreadyExists) return {};
  return tl::unexpected<Error>(done.error());
}

Result<CommitReport> Committer::PutRight(const OffsetState& state, const std::optional<OffsetState>& instead_of) {
  const Change change = [&](StatesByTopic& states) -> Status {
    const auto found = states.find(state.topic);
    const bool as_seen = found == states.end() ? !instead_of : instead_of && found->second == *instead_of;
    if (!as_seen) return Fail(ErrorKind::kFenced, "the offsets of topic '{}' have changed meanwhile", state.topic);
    states.insert_or_assign(state.topic, state);
    return {};
  };
  const std::map<std::string, std::string> summary = {{std::string(kSummaryPipeline), options_.pipeline}};
  iceberg::SnapshotProducer rowless(options_.ref, {}, summary);
  return Run(rowless, change, {summary, change, /*suffices=*/true});
}

Result<CommitReport> Committer::Replace(iceberg::SnapshotProducer::Removed removed,
                                        std::vector<iceberg::DataFile> files,
                                        std::map<std::string, std::string> summary) {
  iceberg::SnapshotProducer replacement(options_.ref, std::move(files), std::move(summary), std::move(removed));
  return Run(
      replacement, [](StatesByTopic&) { return Status(); }, KeepingOffsets());
}

Result<CommitReport> Committer::Run(iceberg::SnapshotProducer& append, const Change& change,
                                    const Restatement& restatement) {
  std::lock_guard one_at_a_time(commit_mutex_);
  FRAZIL_ASSIGN_OR_RETURN(const Ended ended, RunInOneForm(append, change));
  if (!ended.refused && ended.kept) return ended.report;
  if (ended.states.empty() || ended.form == OffsetForm::kTag) return NotKept(ended, ended);

  const auto restate = [&] {
    iceberg::SnapshotProducer rowless(options_.ref, {}, restatement.summary);
    return RunInOneForm(rowless, restatement.change);
  };
  Ended moved;
  if (ended.refused && append.has_files()) {
    // The files may be what was refused: the same without them tells.
    FRAZIL_ASSIGN_OR_RETURN(moved, restate());
    if (!moved.refused && moved.kept && moved.form == ended.form) return tl::unexpected<Error>(*ended.refused);
  }
  // Unless another process has changed the form meanwhile.
  if (moved.form == ended.form) {
    property_fails_ = true;
    FRAZIL_ASSIGN_OR_RETURN(moved, restate());
  }
  if (moved.refused || !moved.kept) {
    property_fails_ = false;
    return NotKept(ended, moved);
  }
  const OffsetState& one = ended.states.begin()->second;
  log::info("{} {} the {}; the offsets of table {} are kept by the {} instead", table_->catalog().Describe(),
            ended.refused ? "refused" : "dropped", OffsetStore::Of(ended.form).Place(one), table_->ident().ToString(),
            OffsetStore::Of(moved.form).Place(one));
  if (!ended.refused) return ended.report;
  if (restatement.suffices) return moved.report;
  FRAZIL_ASSIGN_OR_RETURN(const Ended again, RunInOneForm(append, change));
  if (again.refused || !again.kept) return NotKept(ended, again);
  return again.report;
}

// `first` is what was tried first, `last` what was tried in the end; perhaps the same.
tl::unexpected<Error> Committer::NotKept(const Ended& first, const Ended& last) const {
  // What has nothing to do with the form is refused in the same words in any.
  if (first.refused && (first.states.empty() || first.form == last.form ||
                        (last.refused && first.refused->message == last.refused->message))) {
    return tl::unexpected<Error>(*first.refused);
  }
  const auto said = [](const Ended& ended) {
    const std::string place = OffsetStore::Of(ended.form).Place(ended.states.begin()->second);
    return ended.refused ? fmt::format("refused the {} ({})", place, ended.refused->message)
                         : fmt::format("took the commit but not the {}", place);
  };
  return Fail(ErrorKind::kUnsupported,
              "{} {}{}: without either to hold the offsets, exactly-once is not possible there. Say 'delivery: "
              "at_least_once', or allow one of them in the catalog",
              table_->catalog().Describe(), said(first),
              first.form == last.form ? std::string() : fmt::format(", and {}", said(last)));
}

// One try on top of `base`. The order of the checks is the protocol's: the caller has looked for our snapshot already;
// the offsets are checked against this base; only then is it sent, required to meet exactly this base.
Result<catalog::LoadedTable> Committer::Attempt(iceberg::SnapshotProducer& append, catalog::LoadedTable& base,
                                                const Change& change, const IdempotencyKey& key, Ended& ended) {
  FRAZIL_ASSIGN_OR_RETURN(KnownStates known, reader_.Read(base));
  FRAZIL_RETURN_IF_ERROR(change(known.states));
  ended.states = std::move(known.states);
  ended.form = property_fails_ ? OffsetForm::kTag : known.form;
  const OffsetStore& store = OffsetStore::Of(ended.form);
  const auto notes = [&](const iceberg::Snapshot& snapshot) {
    for (auto& [topic, state] : ended.states) {
      state.table_uuid = base.metadata->table_uuid;
      state.snapshot_id = snapshot.snapshot_id;
      state.sequence_number = snapshot.sequence_number;
    }
    return store.NotesOf(ended.states);
  };
  files_.SetBelow(base.io);
  FRAZIL_ASSIGN_OR_RETURN(iceberg::SnapshotProducer::Attempt attempt,
                          append.Prepare(*base.metadata, files_, options_.clock->NowMillis(), notes));
  if (!FRAZIL_GUARD("atomic")) {
    // Only to show that the invariant's test sees it: offsets in a request of their own.
    FRAZIL_RETURN_IF_ERROR(table_->Send(attempt.requirements, attempt.updates, key.text));
    FRAZIL_FAILPOINT("between-files-and-offsets");
    attempt.requirements.clear();
    attempt.updates.clear();
  }
  ended.manifest_list = attempt.snapshot.manifest_list;
  FRAZIL_RETURN_IF_ERROR(store.Add(ended.states, *base.metadata, attempt));
  if (!FRAZIL_GUARD("same-head")) Drop<iceberg::AssertRefSnapshotId>(attempt.requirements);
  if (!FRAZIL_GUARD("same-table")) Drop<iceberg::AssertTableUuid>(attempt.requirements);
  for (const OffsetState& theirs : known.outlived) {
    for (const OffsetForm form : kOffsetForms) OffsetStore::Of(form).Remove(theirs, *base.metadata, attempt);
  }
  auto sent = table_->Send(attempt.requirements, attempt.updates, key.text);
  if (sent || !IsRefusal(sent.error())) return sent;
  // A catalog that remembers keys may have answered the try before this one.
  if (key.sent_before) return Fail(ErrorKind::kCommitConflict, "{}", sent.error().message);
  ended.refused = sent.error();
  return sent;
}

// Not where an earlier one was taken: found in the history, or by a catalog that remembers keys and answers as before.
bool Committer::IsOfLastTry(const iceberg::SnapshotProducer& append, const Ended& ended,
                            const catalog::LoadedTable& committed) {
  const iceberg::Snapshot* snapshot = committed.metadata->FindSnapshot(append.snapshot_id());
  return snapshot != nullptr && snapshot->manifest_list == ended.manifest_list;
}

Committer::Ended Committer::Taken(Ended ended, const iceberg::SnapshotProducer& append,
                                  const catalog::LoadedTable& committed) const {
  const OffsetStore& store = OffsetStore::Of(ended.form);
  const iceberg::Snapshot* snapshot = committed.metadata->FindSnapshot(append.snapshot_id());
  ended.kept =
      !FRAZIL_GUARD("read-back") || std::all_of(ended.states.begin(), ended.states.end(), [&](const auto& state) {
        return snapshot != nullptr && store.Holds(state.second, *snapshot, *committed.metadata);
      });
  if (append.attempts() > 1) CleanUp(append, committed);
  return ended;
}

Result<Committer::Ended> Committer::RunInOneForm(iceberg::SnapshotProducer& append, const Change& change) {
  const auto begin = options_.clock->Steady();
  IdempotencyKey key{TimeOrderedUuid(options_.clock->NowMillis())};
  Backoff conflict_backoff(kFirstWait, kLongestConflictWait);
  Backoff outage_backoff(kFirstWait, kLongestWait);
  catalog::LoadedTable base = table_->current();
  int64_t judged_on = -1;  // the sequence number of the base that looked stale last
  Error last;
  Ended ended;
  // An earlier try that was not refused may have been applied, and others may have come after it. Where all were
  // refused, the offsets tell it as well.
  auto history = options_.exactly_once ? Table::History::kHeads : Table::History::kWhole;
  for (ended.report.attempts = 1;; ++ended.report.attempts) {
    const int attempts = ended.report.attempts;
    if (attempts > 1) {
      if (options_.clock->Steady() - begin > options_.patience) break;
      const bool outage = last.kind != ErrorKind::kCommitConflict;
      const auto wait = outage ? outage_backoff.Next() : conflict_backoff.Next();
      if (outage && wait >= kWorthTelling) {
        log::warn("cannot commit to {} for {} s now, trying again: {}", table_->ident().ToString(),
                  std::chrono::duration_cast<std::chrono::seconds>(options_.clock->Steady() - begin).count(),
                  last.message);
      }
      if (!SleepUnlessStopped(*options_.clock, wait, options_.give_up)) {
        return Fail(ErrorKind::kCancelled, "asked to stop while committing to {}: {}", table_->ident().ToString(),
                    last.message);
      }
      if (outage) history = Table::History::kWhole;
      auto reloaded = table_->Reload(history);
      if (!reloaded) {
        if (Judge(reloaded.error()) == Outcome::kFinal) return tl::unexpected<Error>(reloaded.error());
        last = reloaded.error();
        continue;
      }
      base = *reloaded;
    }
    // An earlier try whose reply was lost may have been applied.
    const bool found = attempts > 1 && FRAZIL_GUARD("unknown") && WasTaken(*base.metadata, append.snapshot_id());
    auto committed = found ? Result<catalog::LoadedTable>(base) : Attempt(append, base, change, key, ended);
    ended.report.snapshot_id = append.snapshot_id();
    ended.report.duration = std::chrono::duration_cast<std::chrono::milliseconds>(options_.clock->Steady() - begin);
    if (ended.refused) return ended;
    if (committed && !IsOfLastTry(append, ended, *committed)) {
      // What became of its offsets since, the table tells: another process may have put them into another form.
      CleanUp(append, *committed);
      FRAZIL_RETURN_IF_ERROR(Load());
      return ended;
    }
    if (committed) {
      ended = Taken(std::move(ended), append, *committed);
      // Others may have come after a commit that was only found later, or taken over what it kept.
      if (found) FRAZIL_RETURN_IF_ERROR(AdoptFrom(*committed));
      if (!found && ended.kept) Adopt(ended.states);
      FRAZIL_FAILPOINT("after-reply");
      return ended;
    }
    last = committed.error();
    if (!FRAZIL_GUARD("undeleted")) {
      for (const std::string& path : append.Unused(nullptr, {})) (void)base.io->Delete(path);
    }
    // The base may have been stale: what looks fenced, or like a lost file, is judged on another base before it is
    // believed. Expiry takes the files of a base that others have left behind.
    const bool may_be_stale = last.kind == ErrorKind::kFenced ? attempts == 1 : last.kind == ErrorKind::kNotFound;
    if (may_be_stale && judged_on != base.metadata->last_sequence_number) {
      judged_on = base.metadata->last_sequence_number;
      last.kind = ErrorKind::kCommitConflict;
      last.message = "the table moved on: " + last.message;
    }
    if (Judge(last) == Outcome::kFinal) return tl::unexpected<Error>(last);
    // A refused request is finished business; one whose fate is unknown goes on under its key.
    key.sent_before = true;
    if (last.kind == ErrorKind::kCommitConflict) {
      ++ended.report.conflicts;
      key = {TimeOrderedUuid(options_.clock->NowMillis())};
    }
    log::debug("commit to {}, try {}: {}", table_->ident().ToString(), attempts, last.message);
  }
  if (last.kind == ErrorKind::kCommitConflict) {
    return Fail(last.kind,
                "Commit conflict - table was modified concurrently: {} could not be committed to for {} s ({})",
                table_->ident().ToString(), std::chrono::duration_cast<std::chrono::seconds>(options_.patience).count(),
                last.message);
  }
  return tl::unexpected<Error>(last);
}

// Manifest lists and manifests of tries that did not make it. Data files are never deleted here, and nothing is when
// the committed snapshot cannot be read back.
void Committer::CleanUp(const iceberg::SnapshotProducer& append, const catalog::LoadedTable& committed) const {
  const iceberg::Snapshot* snapshot = committed.metadata->FindSnapshot(append.snapshot_id());
  if (snapshot == nullptr) return;
  auto bytes = committed.io->ReadAll(snapshot->manifest_list);
  if (!bytes) return;
  auto manifests = iceberg::ReadManifestList(*bytes);
  if (!manifests) return;
  for (const std::string& path : append.Unused(snapshot, *manifests)) {
    if (auto gone = committed.io->Delete(path); !gone) log::debug("left behind {}: {}", path, gone.error().message);
  }
}

}  // namespace frazil::table
