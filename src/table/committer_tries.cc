// How a commit gets in: its tries, whatever the catalog answers, and the forms in which it keeps offsets.
#include <algorithm>
#include <chrono>

#include "common/failpoint.h"
#include "common/log.h"
#include "common/random.h"
#include "common/time/backoff.h"
#include "common/time/interruptible_sleep.h"
#include "iceberg/manifest.h"
#include "iceberg/snapshot_producer.h"
#include "table/committer.h"
#include "table/state_validity.h"

namespace frazil::table {
namespace {

constexpr auto kFirstWait = std::chrono::milliseconds(100);
constexpr auto kLongestWait = std::chrono::seconds(60);
constexpr auto kWorthTelling = std::chrono::seconds(1);  // a wait before the next try
constexpr auto kLongestConflictWait = std::chrono::seconds(2);

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

// Of a snapshot that has expired since, one that came after it tells. Sent again it would be its own ancestor.
bool WasTaken(const iceberg::TableMetadata& table, int64_t snapshot_id) {
  return table.FindSnapshot(snapshot_id) != nullptr ||
         std::any_of(table.snapshots.begin(), table.snapshots.end(),
                     [&](const iceberg::Snapshot& other) { return other.parent_snapshot_id == snapshot_id; });
}

// Whether a try with this sequence number may have been taken and have expired. Numbers are given once: it was not
// taken if another snapshot has its number, or none has come so far.
bool MayHaveExpired(const iceberg::TableMetadata& table, int64_t sequence_number) {
  return sequence_number <= table.last_sequence_number &&
         std::none_of(table.snapshots.begin(), table.snapshots.end(),
                      [&](const iceberg::Snapshot& other) { return other.sequence_number == sequence_number; });
}

template <class Requirement>
void Drop(std::vector<iceberg::TableRequirement>& requirements) {
  std::erase_if(requirements, [](const auto& one) { return std::holds_alternative<Requirement>(one); });
}

}  // namespace

Result<CommitReport> Committer::Run(iceberg::SnapshotProducer& append, const Change& change,
                                    const Restatement& restatement, const std::vector<DecidedBy>& decided, bool* sent) {
  std::lock_guard one_at_a_time(commit_mutex_);
  Proposal proposal{append, change, decided};
  auto report = RunInAnyForm(proposal, restatement);
  if (sent != nullptr) *sent = proposal.sent;
  if (!report && !proposal.sent) {
    const std::shared_ptr<io::FileIo> io = table_->current().io;
    for (const std::string& path : append.Unused(nullptr, {})) {
      if (auto gone = io->Delete(path); !gone) log::debug("left behind {}: {}", path, gone.error().message);
    }
  }
  return report;
}

Result<CommitReport> Committer::RunInAnyForm(Proposal& proposal, const Restatement& restatement) {
  iceberg::SnapshotProducer& append = proposal.append;
  FRAZIL_ASSIGN_OR_RETURN(const Ended ended, RunInOneForm(proposal));
  if (!ended.refused && ended.kept) return ended.report;
  if (ended.states.empty() || ended.form == OffsetForm::kTag) return NotKept(ended, ended);

  const auto restate = [&] {
    iceberg::SnapshotProducer rowless(options_.ref, {}, restatement.summary);
    Proposal restated{rowless, restatement.change, {}};
    return RunInOneForm(restated);
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
  FRAZIL_ASSIGN_OR_RETURN(const Ended again, RunInOneForm(proposal));
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
// the offsets, and what its records were decided by, are checked against this base; only then is it sent, required to
// meet exactly this base.
Result<catalog::LoadedTable> Committer::Attempt(Proposal& proposal, catalog::LoadedTable& base,
                                                const IdempotencyKey& key, Ended& ended) {
  iceberg::SnapshotProducer& append = proposal.append;
  FRAZIL_ASSIGN_OR_RETURN(KnownStates known, reader_.Read(base));
  FRAZIL_RETURN_IF_ERROR(proposal.change.apply(known.states));
  for (const DecidedBy& decided : proposal.decided) {
    FRAZIL_RETURN_IF_ERROR(table_->CheckStands(decided, *base.metadata));
  }
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
  proposal.sent = true;
  if (!FRAZIL_GUARD("atomic")) {
    // Only to show that the invariant's test sees it: offsets in a request of their own.
    FRAZIL_RETURN_IF_ERROR(table_->Send(attempt.requirements, attempt.updates, key.text));
    FRAZIL_FAILPOINT("between-files-and-offsets");
    attempt.requirements.clear();
    attempt.updates.clear();
  }
  // What was looked at here must be what the catalog has when it takes this.
  if (!proposal.decided.empty() && FRAZIL_GUARD("same-schema")) {
    attempt.requirements.emplace_back(iceberg::AssertCurrentSchemaId{base.metadata->current_schema_id});
    attempt.requirements.emplace_back(iceberg::AssertDefaultSpecId{base.metadata->default_spec_id});
  }
  ended.manifest_list = attempt.snapshot.manifest_list;
  FRAZIL_RETURN_IF_ERROR(store.Add(ended.states, *base.metadata, attempt));
  if (!FRAZIL_GUARD("same-head")) Drop<iceberg::AssertRefSnapshotId>(attempt.requirements);
  if (!FRAZIL_GUARD("same-table")) Drop<iceberg::AssertTableUuid>(attempt.requirements);
  for (const OffsetState& theirs : known.outlived) {
    for (const OffsetForm form : kOffsetForms) OffsetStore::Of(form).Remove(theirs, *base.metadata, attempt);
  }
  auto sent = table_->Send(attempt.requirements, attempt.updates, key.text);
  if (!sent && sent.error().kind == ErrorKind::kCommitUnknown) {
    proposal.unanswered.push_back(attempt.snapshot.sequence_number);
  }
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

// Whether a try of which nothing was heard may have been taken and have expired. It must not come again: it would be an
// ancestor of itself, or bring back files that expiry has deleted.
bool Committer::CanNotBeTold(const Proposal& proposal, const iceberg::TableMetadata& table) {
  // A cut history does not show what is there; nor does such a catalog, where the offsets tell.
  if (table.history_is_cut || (ShowsHeadAlone(table) && proposal.change.fails_twice)) return false;
  return std::any_of(proposal.unanswered.begin(), proposal.unanswered.end(),
                     [&](int64_t number) { return MayHaveExpired(table, number); });
}

Result<Committer::Ended> Committer::RunInOneForm(Proposal& proposal) {
  iceberg::SnapshotProducer& append = proposal.append;
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
  auto history = proposal.change.fails_twice ? Table::History::kHeads : Table::History::kWhole;
  bool doubted = false;  // what looked fenced was judged on another base
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
    } else if (!proposal.decided.empty() && ShowsHeadAlone(*base.metadata)) {
      // Nessie resets branches, and gives the numbers of schemas and columns again: no requirement would notice.
      auto reloaded = table_->Reload(history);
      if (!reloaded) {
        if (Judge(reloaded.error()) == Outcome::kFinal) return tl::unexpected<Error>(reloaded.error());
        last = reloaded.error();
        continue;
      }
      base = *reloaded;
    }
    // An earlier try whose reply was lost may have been applied.
    const bool found =
        append.attempts() > 0 && FRAZIL_GUARD("unknown") && WasTaken(*base.metadata, append.snapshot_id());
    if (!found && FRAZIL_GUARD("told") && CanNotBeTold(proposal, *base.metadata)) {
      return Fail(
          ErrorKind::kCommitUnknown,
          "whether snapshot {} was committed to {} can not be told any more: snapshots of that time have expired",
          append.snapshot_id(), table_->ident().ToString());
    }
    auto committed = found ? Result<catalog::LoadedTable>(base) : Attempt(proposal, base, key, ended);
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
    const bool fenced = last.kind == ErrorKind::kFenced;
    const bool may_be_stale = fenced ? !doubted : last.kind == ErrorKind::kNotFound;
    if (may_be_stale && judged_on != base.metadata->last_sequence_number) {
      judged_on = base.metadata->last_sequence_number;
      doubted |= fenced;
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
