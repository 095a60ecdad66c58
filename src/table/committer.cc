#include "table/committer.h"

#include <algorithm>
#include <functional>
#include <set>

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

// A longer list of moved ranges goes to a file of its own: summaries are read with every load of the table.
constexpr size_t kMaxSummaryRanges = 2048;
constexpr auto kFirstWait = std::chrono::milliseconds(100);
constexpr auto kLongestWait = std::chrono::seconds(60);
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

PartitionState StartingAt(int64_t offset) { return {offset, offset, -1, {}}; }

}  // namespace

Committer::Committer(std::shared_ptr<Table> table, CommitterOptions options)
    : table_(std::move(table)), options_(std::move(options)) {}

OffsetState Committer::NewState(const std::string& topic) const {
  OffsetState state;
  state.pipeline = options_.pipeline;
  state.topic = topic;
  state.ref = options_.ref;
  state.cluster_id = options_.cluster_id;
  state.topic_id = options_.topic_ids.at(topic);
  return state;
}

Status Committer::RefuseOtherFeeders(const std::vector<OffsetState>& all) const {
  if (options_.independent) return {};
  for (const OffsetState& other : all) {
    if (other.pipeline == options_.pipeline || other.pipeline == options_.take_over) continue;
    if (other.cluster_id != options_.cluster_id || !options_.topic_ids.contains(other.topic)) continue;
    return Fail(
        ErrorKind::kInvalidArgument,
        "table {} is already fed from topic '{}' by pipeline '{}'; two of them would write every record twice. "
        "Say 'take_over: {}' in the sink to continue its offsets, or 'independent: true' to feed the table twice",
        table_->ident().ToString(), other.topic, other.pipeline, other.pipeline);
  }
  return {};
}

// The newest state per partition that the surviving history still tells, for on_rollback: reingest.
Result<OffsetState> Committer::AfterRollback(const OffsetState& state, const iceberg::TableMetadata& metadata,
                                             io::FileIo& io) const {
  OffsetState survived = state;
  std::set<int32_t> missing;
  for (const auto& [id, partition] : state.partitions) missing.insert(id);
  const iceberg::Snapshot* snapshot = metadata.RefHead(state.ref);
  while (snapshot != nullptr && !missing.empty()) {
    const auto& summary = snapshot->summary;
    if (const auto by = summary.find(std::string(kSummaryPipeline));
        by != summary.end() && by->second == state.pipeline) {
      std::string text = "{}";
      if (const auto ranges = summary.find(std::string(kSummaryRanges)); ranges != summary.end()) text = ranges->second;
      if (const auto file = summary.find(std::string(kSummaryRangesFile)); file != summary.end()) {
        FRAZIL_ASSIGN_OR_RETURN(text, io.ReadAll(file->second));
      }
      FRAZIL_ASSIGN_OR_RETURN(const std::vector<record::OffsetRange> ranges, ParseRanges(text));
      for (const auto& range : ranges) {
        if (range.source.topic != state.topic || missing.erase(range.source.partition) == 0) continue;
        // The counts begin anew: what the lost commits had counted is gone with them.
        survived.partitions[range.source.partition] = StartingAt(range.next);
      }
    }
    snapshot = snapshot->parent_snapshot_id ? metadata.FindSnapshot(*snapshot->parent_snapshot_id) : nullptr;
  }
  if (missing.empty()) return survived;
  // Nothing left of these partitions: the table was rolled back to before the pipeline, or history was expired.
  if (metadata.RefHead(state.ref) != nullptr && snapshot == nullptr) {
    for (const int32_t id : missing) {
      const int64_t start = state.partitions.at(id).start;
      survived.partitions[id] = StartingAt(start);
    }
    return survived;
  }
  return Fail(ErrorKind::kInvalidArgument,
              "table {} was rolled back, and its history no longer tells where partition {} of topic '{}' stood",
              table_->ident().ToString(), *missing.begin(), state.topic);
}

Result<Committer::States> Committer::StatesOf(const iceberg::TableMetadata& metadata) const {
  States states;
  if (!options_.exactly_once) return states;
  FRAZIL_ASSIGN_OR_RETURN(const std::vector<OffsetState> all, OffsetStates(metadata));
  FRAZIL_RETURN_IF_ERROR(RefuseOtherFeeders(all));
  for (const OffsetState& state : all) {
    if (state.ref != options_.ref || !options_.topic_ids.contains(state.topic)) continue;
    if (state.pipeline != options_.pipeline && state.pipeline != options_.take_over) continue;
    // Our own state wins over the one to take over: the takeover has happened.
    if (state.pipeline != options_.pipeline && states.contains(state.topic)) continue;

    OffsetState ours = state;
    switch (CheckValidity(state, metadata)) {
      case StateValidity::kValid:
        break;
      case StateValidity::kCopied:
        return Fail(
            ErrorKind::kInvalidArgument,
            "table {} carries offsets written for another table (uuid {}, this one is {}): it was copied. Remove "
            "its property '{}' to start anew, or feed the original",
            table_->ident().ToString(), state.table_uuid, metadata.table_uuid,
            OffsetsProperty(state.pipeline, state.topic, state.ref));
      case StateValidity::kRolledBack: {
        if (options_.on_rollback == OnRollback::kStop) {
          return Fail(
              ErrorKind::kInvalidArgument,
              "table {} was rolled back or replaced: snapshot {}, which recorded the offsets of pipeline '{}', is "
              "no longer in the history of '{}'. Say 'on_rollback: reingest' to read the lost records again, or "
              "'on_rollback: continue' to go on without them",
              table_->ident().ToString(), state.snapshot_id, state.pipeline, state.ref);
        }
        if (options_.on_rollback == OnRollback::kReingest) {
          const auto io = table_->current().io;
          FRAZIL_ASSIGN_OR_RETURN(ours, AfterRollback(state, metadata, *io));
        }
        break;
      }
    }
    if (state.cluster_id != options_.cluster_id) {
      return Fail(
          ErrorKind::kInvalidArgument,
          "the offsets of topic '{}' in table {} belong to Kafka cluster '{}', but the brokers are of cluster '{}'. "
          "Offsets of one cluster mean nothing in another: use another pipeline name with 'independent: true' to "
          "read the topic from its start, or point at the right brokers",
          state.topic, table_->ident().ToString(), state.cluster_id, options_.cluster_id);
    }
    const std::string& topic_id = options_.topic_ids.at(state.topic);
    if (!state.topic_id.empty() && !topic_id.empty() && state.topic_id != topic_id) {
      return Fail(ErrorKind::kInvalidArgument,
                  "topic '{}' was deleted and created anew (id {} before, {} now): the offsets in table {} mean other "
                  "records. Use another pipeline name with 'independent: true' to read the new topic from its start",
                  state.topic, state.topic_id, topic_id, table_->ident().ToString());
    }
    ours.pipeline = options_.pipeline;
    states[state.topic] = std::move(ours);
  }
  return states;
}

void Committer::Adopt(States states) {
  std::lock_guard lock(mutex_);
  states_ = std::move(states);
}

Status Committer::Load() {
  FRAZIL_ASSIGN_OR_RETURN(const catalog::LoadedTable loaded, table_->Reload());
  FRAZIL_ASSIGN_OR_RETURN(States states, StatesOf(*loaded.metadata));
  Adopt(std::move(states));
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

bool Committer::Established(const std::string& topic) const {
  std::lock_guard lock(mutex_);
  const auto found = states_.find(topic);
  return found != states_.end() && !found->second.partitions.empty();
}

Status Committer::Establish(const Positions& starts) {
  if (!options_.exactly_once) return {};
  if (!FRAZIL_GUARD("established")) {
    // Only to show that the invariant's test sees it: starts known to this process alone.
    States states;
    for (const auto& [source, start] : starts) {
      OffsetState& state = states.try_emplace(source.topic, NewState(source.topic)).first->second;
      state.partitions.try_emplace(source.partition, StartingAt(start));
    }
    Adopt(std::move(states));
    return {};
  }
  const Change change = [&](States& states) -> Status {
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
  iceberg::AppendFiles append(
      options_.ref, {},
      {{std::string(kSummaryPipeline), options_.pipeline}, {std::string(kSummaryRanges), WriteRanges(ranges)}});
  auto done = Run(append, change);
  if (!done) {
    // Another process of the pipeline was quicker, with all of it: what it recorded is what we go by.
    if (done.error().kind == ErrorKind::kAlreadyExists) return Load();
    return Wrap(done.error(), fmt::format("could not record where pipeline '{}' starts", options_.pipeline));
  }
  FRAZIL_FAILPOINT("after-establish");
  return {};
}

Result<CommitReport> Committer::Commit(std::vector<iceberg::DataFile> files, std::vector<record::OffsetRange> ranges) {
  std::map<std::string, std::string> summary;
  if (options_.exactly_once) {
    summary[std::string(kSummaryPipeline)] = options_.pipeline;
    std::string text = WriteRanges(ranges);
    if (text.size() <= kMaxSummaryRanges) {
      summary[std::string(kSummaryRanges)] = std::move(text);
    } else {
      const catalog::LoadedTable now = table_->current();
      const std::string path =
          iceberg::LocationProvider(*now.metadata).MetadataFile(fmt::format("frazil-ranges-{}.json", RandomUuid()));
      FRAZIL_RETURN_IF_ERROR(now.io->WriteAll(path, text));
      summary[std::string(kSummaryRangesFile)] = path;
    }
  }
  iceberg::AppendFiles append(options_.ref, std::move(files), std::move(summary));
  return Run(append, [&](States& states) -> Status {
    if (!options_.exactly_once) return {};
    if (!FRAZIL_GUARD("established") && states.empty()) {
      std::lock_guard lock(mutex_);
      states = states_;
    }
    for (const auto& range : ranges) {
      const auto found = states.find(range.source.topic);
      if (found == states.end()) {
        return Fail(ErrorKind::kFenced, "topic '{}' is not established in the table", range.source.topic);
      }
      FRAZIL_RETURN_IF_ERROR(Advance(found->second, range));
    }
    return {};
  });
}

// One try on top of `base`. The order of the checks is the protocol's: the caller has looked for our snapshot already;
// the offsets are checked against this base; only then is it sent, required to meet exactly this base.
Result<catalog::LoadedTable> Committer::Attempt(iceberg::AppendFiles& append, const catalog::LoadedTable& base,
                                                const Change& change, const std::string& idempotency_key) {
  FRAZIL_ASSIGN_OR_RETURN(States states, StatesOf(*base.metadata));
  FRAZIL_RETURN_IF_ERROR(change(states));
  FRAZIL_ASSIGN_OR_RETURN(iceberg::AppendFiles::Attempt attempt,
                          append.Prepare(*base.metadata, *base.io, options_.clock->NowMillis()));

  std::map<std::string, std::string> properties;
  for (auto& [topic, state] : states) {
    state.table_uuid = base.metadata->table_uuid;
    state.snapshot_id = attempt.snapshot.snapshot_id;
    state.sequence_number = attempt.snapshot.sequence_number;
    properties[OffsetsProperty(state.pipeline, topic, state.ref)] = WriteOffsetState(state);
  }
  if (!properties.empty()) {
    if (FRAZIL_GUARD("atomic")) {
      attempt.updates.push_back(iceberg::SetProperties{properties});
    } else {
      // Only to show that the invariant's test sees it: offsets in a request of their own.
      FRAZIL_RETURN_IF_ERROR(table_->Send(attempt.requirements, attempt.updates, idempotency_key));
      FRAZIL_FAILPOINT("between-files-and-offsets");
      return table_->Send({}, {iceberg::SetProperties{properties}}, RandomUuid());
    }
  }
  std::vector<std::string> taken_over;
  if (!options_.take_over.empty()) {
    for (const auto& [topic, state] : states) {
      std::string property = OffsetsProperty(options_.take_over, topic, state.ref);
      if (base.metadata->properties.contains(property)) taken_over.push_back(std::move(property));
    }
  }
  if (!taken_over.empty()) attempt.updates.push_back(iceberg::RemoveProperties{taken_over});

  auto committed = table_->Send(attempt.requirements, attempt.updates, idempotency_key);
  if (!committed && committed.error().kind == ErrorKind::kInvalidArgument) {
    // Some catalogs answer 400 where the table moved under the request (the protocol says 409).
    const auto now = table_->Reload();
    if (now && now->metadata->last_sequence_number != base.metadata->last_sequence_number) {
      return Fail(ErrorKind::kCommitConflict, "{}", committed.error().message);
    }
  }
  if (!committed) return committed;
  for (const auto& [name, value] : properties) {
    if (committed->metadata->Property(name, "") != value) {
      return Fail(
          ErrorKind::kUnsupported,
          "{} took the commit but not the table property '{}' that holds the offsets: exactly-once is not possible "
          "there. Say 'delivery: at_least_once', or allow the property in the catalog",
          table_->catalog().Describe(), name);
    }
  }
  Adopt(std::move(states));
  return committed;
}

Result<CommitReport> Committer::Run(iceberg::AppendFiles& append, const Change& change) {
  std::lock_guard one_at_a_time(commit_mutex_);
  const auto begin = options_.clock->Steady();
  std::string idempotency_key = TimeOrderedUuid(options_.clock->NowMillis());
  Backoff conflict_backoff(kFirstWait, kLongestConflictWait);
  Backoff outage_backoff(kFirstWait, kLongestWait);
  catalog::LoadedTable base = table_->current();
  Error last;
  int conflicts = 0;
  for (int attempts = 1;; ++attempts) {
    const auto report = [&] {
      return CommitReport{append.snapshot_id(), attempts, conflicts,
                          std::chrono::duration_cast<std::chrono::milliseconds>(options_.clock->Steady() - begin)};
    };
    if (attempts > 1) {
      if (options_.clock->Steady() - begin > options_.patience) break;
      if (!SleepUnlessStopped(*options_.clock,
                              last.kind == ErrorKind::kCommitConflict ? conflict_backoff.Next() : outage_backoff.Next(),
                              options_.give_up)) {
        return Fail(ErrorKind::kCancelled, "asked to stop while committing to {}: {}", table_->ident().ToString(),
                    last.message);
      }
      auto reloaded = table_->Reload();
      if (!reloaded) {
        if (Judge(reloaded.error()) == Outcome::kFinal) return tl::unexpected<Error>(reloaded.error());
        last = reloaded.error();
        continue;
      }
      base = *reloaded;
      // An earlier try whose reply was lost may have been applied.
      if (FRAZIL_GUARD("unknown") && base.metadata->FindSnapshot(append.snapshot_id()) != nullptr) {
        FRAZIL_ASSIGN_OR_RETURN(States states, StatesOf(*base.metadata));
        Adopt(std::move(states));
        CleanUp(append, base);
        return report();
      }
    }
    auto committed = Attempt(append, base, change, idempotency_key);
    if (committed) {
      if (attempts > 1) CleanUp(append, *committed);
      FRAZIL_FAILPOINT("after-reply");
      return report();
    }
    last = committed.error();
    // The base may have been stale: what looks fenced is judged on a fresh load before it is believed.
    if (last.kind == ErrorKind::kFenced && attempts == 1) {
      last.kind = ErrorKind::kCommitConflict;
      last.message = "the table moved on: " + last.message;
    }
    if (Judge(last) == Outcome::kFinal) return tl::unexpected<Error>(last);
    // A refused request is finished business; one whose fate is unknown goes on under its key.
    if (last.kind == ErrorKind::kCommitConflict) {
      ++conflicts;
      idempotency_key = TimeOrderedUuid(options_.clock->NowMillis());
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
void Committer::CleanUp(const iceberg::AppendFiles& append, const catalog::LoadedTable& committed) const {
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
