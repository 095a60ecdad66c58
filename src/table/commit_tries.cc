#include "table/commit_tries.h"

#include <algorithm>
#include <utility>

#include "common/log.h"
#include "common/random.h"
#include "common/time/backoff.h"
#include "common/time/interruptible_sleep.h"
#include "iceberg/manifest.h"
#include "iceberg/manifest_packing.h"
#include "table/state_validity.h"

namespace frazil::table {
namespace {

constexpr auto kFirstWait = std::chrono::milliseconds(100);
constexpr auto kLongestWait = std::chrono::seconds(60);
constexpr auto kWorthTelling = std::chrono::seconds(1);  // a wait before the next try that is this long is logged
constexpr auto kLongestConflictWait = std::chrono::seconds(2);

// True if the snapshot was committed. If it has expired since, a later snapshot that names it as parent proves it. A
// snapshot that was committed must not be sent again: it would become its own ancestor.
bool WasTaken(const iceberg::TableMetadata& table, int64_t snapshot_id) {
  return table.FindSnapshot(snapshot_id) != nullptr ||
         std::any_of(table.snapshots.begin(), table.snapshots.end(),
                     [&](const iceberg::Snapshot& other) { return other.parent_snapshot_id == snapshot_id; });
}

// True if a try with this sequence number may have been taken and then expired. Each number is used once. So the try
// was not taken if another snapshot has its number, or if no number has come so far.
bool MayHaveExpired(const iceberg::TableMetadata& table, int64_t sequence_number) {
  return sequence_number <= table.last_sequence_number &&
         std::none_of(table.snapshots.begin(), table.snapshots.end(),
                      [&](const iceberg::Snapshot& other) { return other.sequence_number == sequence_number; });
}

// A branch that is gone would begin anew at main's head, whose offsets are not its own.
Status CheckBranch(const catalog::TableIdent& table, const std::string& ref, const iceberg::TableMetadata& base) {
  if (base.refs.contains(ref) || base.RefHead(iceberg::kMainBranch) == nullptr) return {};
  return Fail(ErrorKind::kNotFound,
              "table {} has no branch '{}', or not any more: make it (`frazil table branch`), then start again",
              table.ToString(), ref);
}

}  // namespace

CommitTries::CommitTries(const Means& means, Proposal& proposal)
    : means_(means),
      proposal_(proposal),
      writer_(proposal.writer),
      begin_(means.options.clock->Steady()),
      key_(NewKey()) {}

CommitTries::IdempotencyKey CommitTries::NewKey() const { return {TimeOrderedUuid(means_.options.clock->NowMillis())}; }

std::chrono::milliseconds CommitTries::Waited() const {
  return std::chrono::duration_cast<std::chrono::milliseconds>(means_.options.clock->Steady() - begin_);
}

Result<Ended> CommitTries::Run() {
  Table& table = means_.table;
  // If the outcome of an earlier try is unknown, it may have been taken, and other snapshots may have come after it:
  // then the whole history is needed. If all tries failed for certain, heads are enough for a change that fails twice.
  auto history = proposal_.change.fails_twice ? Table::History::kHeads : Table::History::kWhole;
  Backoff conflict_backoff(kFirstWait, kLongestConflictWait);
  Backoff outage_backoff(kFirstWait, kLongestWait);
  catalog::LoadedTable base = table.current();
  // Such a catalog (Nessie) reuses numbers of schemas and columns after a rollback. No requirement of the request would
  // notice that, so the table is loaded again.
  bool load = !proposal_.decided.empty() && base.metadata->shows_head_alone;
  Verdict last;
  for (ended_.report.attempts = 1;; ++ended_.report.attempts) {
    if (ended_.report.attempts > 1) {
      if (Waited() > means_.options.patience) return GivenUp(last);
      const bool outage = last.kind == Verdict::Kind::kUnheard;
      FRAZIL_RETURN_IF_ERROR(Wait(outage ? outage_backoff.Next() : conflict_backoff.Next(), last));
      if (outage) history = Table::History::kWhole;
      load = true;
    }
    if (load) {
      auto loaded = table.Reload(history);
      if (!loaded) {
        last = TryJudge::OfLoad(loaded.error());
        if (last.kind == Verdict::Kind::kOver) return tl::unexpected<Error>(last.error);
        continue;
      }
      base = *std::move(loaded);
    }
    last = Try(base);
    if (last.is_taken() || last.kind == Verdict::Kind::kRefused) return End(std::move(last));
    if (last.kind == Verdict::Kind::kOver) return tl::unexpected<Error>(last.error);
    // After a conflict, the next try gets a new key. A try of unknown outcome keeps its key.
    key_.sent_before = true;
    if (last.kind == Verdict::Kind::kMoved) {
      ++ended_.report.conflicts;
      key_ = NewKey();
    }
    log::debug("commit to {}, try {}: {}", table.ident().ToString(), ended_.report.attempts, last.error.message);
  }
}

Status CommitTries::Wait(std::chrono::milliseconds wait, const Verdict& last) {
  const std::string table = means_.table.ident().ToString();
  if (last.kind == Verdict::Kind::kUnheard && wait >= kWorthTelling) {
    log::warn("cannot commit to {} for {} s now, trying again: {}", table,
              std::chrono::duration_cast<std::chrono::seconds>(Waited()).count(), last.error.message);
  }
  if (SleepUnlessStopped(*means_.options.clock, wait, means_.options.give_up)) return {};
  return Fail(ErrorKind::kCancelled, "asked to stop while committing to {}: {}", table, last.error.message);
}

tl::unexpected<Error> CommitTries::GivenUp(const Verdict& last) const {
  if (last.kind != Verdict::Kind::kMoved) return tl::unexpected<Error>(last.error);
  return Fail(last.error.kind,
              "Commit conflict - table was modified concurrently: {} could not be committed to for {} s ({})",
              means_.table.ident().ToString(),
              std::chrono::duration_cast<std::chrono::seconds>(means_.options.patience).count(), last.error.message);
}

Verdict CommitTries::Try(catalog::LoadedTable& base) {
  // An earlier try whose reply was lost may have been taken.
  if (writer_.attempts() > 0 && WasTaken(*base.metadata, writer_.snapshot_id())) {
    return {IsOfLastTry(base) ? Verdict::Kind::kFound : Verdict::Kind::kEarlier, {}, base};
  }
  if (CanNotBeTold(*base.metadata)) {
    return {
        Verdict::Kind::kOver,
        Fail(ErrorKind::kCommitUnknown,
             "whether snapshot {} was committed to {} can not be told any more: snapshots of that time have expired",
             writer_.snapshot_id(), means_.table.ident().ToString())
            .value()};
  }
  return Send(base);
}

// The order of the steps is essential. Our snapshot was already searched for in this base. Then the offsets and the
// decisions about the records are checked against this base. Only then the request is sent, and it requires exactly
// this base.
Result<iceberg::SnapshotWriter::Attempt> CommitTries::Prepare(catalog::LoadedTable& base) {
  FRAZIL_RETURN_IF_ERROR(CheckBranch(means_.table.ident(), means_.options.ref, *base.metadata));
  FRAZIL_ASSIGN_OR_RETURN(KnownStates known, means_.reader.Read(base));
  FRAZIL_RETURN_IF_ERROR(proposal_.change.apply(known.states));
  for (const DecidedBy& decided : proposal_.decided) {
    FRAZIL_RETURN_IF_ERROR(means_.table.CheckStands(decided, *base.metadata));
  }
  ended_.states = std::move(known.states);
  ended_.form = means_.property_fails ? OffsetForm::kTag : known.form;
  const OffsetStore& store = OffsetStore::Of(ended_.form);
  const auto notes = [&](const iceberg::Snapshot& snapshot) {
    for (auto& [topic, state] : ended_.states) {
      state.table_uuid = base.metadata->table_uuid;
      state.snapshot_id = snapshot.snapshot_id;
      state.sequence_number = snapshot.sequence_number;
    }
    return store.NotesOf(ended_.states);
  };
  means_.files.SetBelow(base.io);
  FRAZIL_ASSIGN_OR_RETURN(iceberg::SnapshotWriter::Attempt attempt,
                          writer_.Prepare(*base.metadata, means_.files, means_.options.clock->NowMillis(), notes));
  proposal_.sent = true;
  // The schema and spec that were checked must still be current when the catalog takes the commit.
  if (!proposal_.decided.empty()) {
    attempt.requirements.emplace_back(iceberg::AssertCurrentSchemaId{base.metadata->current_schema_id});
    attempt.requirements.emplace_back(iceberg::AssertDefaultSpecId{base.metadata->default_spec_id});
  }
  ended_.manifest_list = attempt.snapshot.manifest_list;
  FRAZIL_RETURN_IF_ERROR(store.Add(ended_.states, *base.metadata, attempt));
  for (const OffsetState& theirs : known.outlived) {
    for (const OffsetForm form : kOffsetForms) OffsetStore::Of(form).Remove(theirs, *base.metadata, attempt);
  }
  return attempt;
}

Verdict CommitTries::Send(catalog::LoadedTable& base) {
  const auto attempt = Prepare(base);
  const int64_t base_sequence_number = base.metadata->last_sequence_number;
  if (!attempt) return judge_.OfTry(attempt.error(), base_sequence_number);
  auto sent = means_.table.Send(attempt->requirements, attempt->updates, key_.text);
  if (sent) {
    // A catalog that remembers idempotency keys repeats the answer to the earlier try.
    const auto kind = IsOfLastTry(*sent) ? Verdict::Kind::kTaken : Verdict::Kind::kEarlier;
    return {kind, {}, *std::move(sent)};
  }
  if (sent.error().kind == ErrorKind::kCommitUnknown) {
    proposal_.unanswered.push_back(attempt->snapshot.sequence_number);
  }
  if (!IsRefusal(sent.error())) return judge_.OfTry(sent.error(), base_sequence_number);
  // A catalog that remembers idempotency keys may have repeated its answer to the earlier try.
  if (key_.sent_before) return {Verdict::Kind::kMoved, {ErrorKind::kCommitConflict, sent.error().message}};
  return {Verdict::Kind::kRefused, sent.error()};
}

bool CommitTries::IsOfLastTry(const catalog::LoadedTable& committed) const {
  const iceberg::Snapshot* snapshot = committed.metadata->FindSnapshot(writer_.snapshot_id());
  return snapshot != nullptr && snapshot->manifest_list == ended_.manifest_list;
}

// True if an unanswered try may have been taken and have expired. Then it must not be sent again: the snapshot would be
// an ancestor of itself, or bring back files that expiry has deleted.
bool CommitTries::CanNotBeTold(const iceberg::TableMetadata& table) const {
  // A cut history does not show all snapshots. If the catalog shows only the head, the offsets reveal an earlier try.
  if (table.history_is_cut || (table.shows_head_alone && proposal_.change.fails_twice)) return false;
  return std::any_of(proposal_.unanswered.begin(), proposal_.unanswered.end(),
                     [&](int64_t number) { return MayHaveExpired(table, number); });
}

bool CommitTries::KeepsOffsets(const catalog::LoadedTable& committed) const {
  const OffsetStore& store = OffsetStore::Of(ended_.form);
  const iceberg::Snapshot* snapshot = committed.metadata->FindSnapshot(writer_.snapshot_id());
  return std::all_of(ended_.states.begin(), ended_.states.end(), [&](const auto& state) {
    return snapshot != nullptr && store.Holds(state.second, *snapshot, *committed.metadata);
  });
}

Ended CommitTries::End(Verdict verdict) {
  ended_.report.snapshot_id = writer_.snapshot_id();
  ended_.report.duration = Waited();
  if (verdict.is_taken()) {
    const iceberg::Snapshot* snapshot = verdict.committed->metadata->FindSnapshot(writer_.snapshot_id());
    if (snapshot != nullptr) {
      ended_.report.replaced =
          iceberg::ParseTotal(snapshot->summary, std::string(iceberg::kSummaryReplaced)).value_or(0);
    }
    const bool earlier = verdict.kind == Verdict::Kind::kEarlier;
    // For an earlier try, the table tells later what became of its offsets; another process may have changed their
    // form.
    if (!earlier) ended_.kept = KeepsOffsets(*verdict.committed);
    if (earlier || writer_.attempts() > 1) CleanUp(*verdict.committed);
  }
  ended_.verdict = std::move(verdict);
  return std::move(ended_);
}

// Deletes manifest lists and manifests of tries that were not taken. It never deletes data files, and it deletes
// nothing if the committed snapshot cannot be read back.
void CommitTries::CleanUp(const catalog::LoadedTable& committed) const {
  const iceberg::Snapshot* snapshot = committed.metadata->FindSnapshot(writer_.snapshot_id());
  if (snapshot == nullptr) return;
  auto bytes = committed.io->ReadAll(snapshot->manifest_list);
  if (!bytes) return;
  auto manifests = iceberg::ReadManifestList(*bytes);
  if (!manifests) return;
  for (const std::string& path : writer_.Unused(snapshot, *manifests)) {
    if (auto gone = committed.io->Delete(path); !gone) log::debug("left behind {}: {}", path, gone.error().message);
  }
}

}  // namespace frazil::table
