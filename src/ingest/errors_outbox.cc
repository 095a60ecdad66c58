#include "ingest/errors_outbox.h"

#include <algorithm>
#include <mutex>
#include <set>
#include <utility>

#include "common/failpoint.h"
#include "common/log.h"
#include "decode/error_rows.h"
#include "ingest/new_tables.h"

namespace frazil::ingest {
namespace {

// Other processes of the pipeline append pending files, too. The second one to commit is fenced and looks again.
constexpr int kMostRounds = 20;

bool Waits(const table::PendingErrors& pending, const std::string& topic, const table::StatesByTopic& applied) {
  const auto found = applied.find(topic);
  return found == applied.end() || !table::Reaches(found->second, pending);
}

bool AnyWaits(const table::StatesByTopic& states, const table::StatesByTopic& applied) {
  return std::any_of(states.begin(), states.end(), [&](const auto& each) {
    const auto& pending = each.second.pending;
    return std::any_of(pending.begin(), pending.end(),
                       [&](const auto& one) { return Waits(one, each.first, applied); });
  });
}

Result<catalog::LoadedTable> LoadOrCreate(catalog::Catalog& catalog, const catalog::TableIdent& ident) {
  auto loaded = catalog.LoadHeads(ident);
  if (loaded || loaded.error().kind != ErrorKind::kNotFound) return loaded;
  iceberg::NewTable table;
  int32_t last_id = 0;
  table.schema = iceberg::AssignFreshIds(decode::ErrorFields(), 1, &last_id);
  KeepFewMetadataFiles(table);
  auto created = catalog.CreateTable(ident, table);
  if (!created && created.error().kind == ErrorKind::kAlreadyExists) return catalog.LoadHeads(ident);
  if (!created) return created;
  log::info("created table {} at {} for records that cannot become rows", ident.ToString(),
            created->metadata->location);
  FRAZIL_FAILPOINT("after-errors-table-create");
  return created;
}

Result<int32_t> UnpartitionedSpec(const iceberg::TableMetadata& table) {
  for (const auto& spec : table.partition_specs) {
    if (spec->fields.empty()) return spec->spec_id;
  }
  return Fail(ErrorKind::kInvalidArgument, "it has always been partitioned: rename it, so that Frazil makes one");
}

// What is appended for one partition.
struct Arriving {
  int64_t rows = 0;
  int64_t next = 0;  // the offset after the last one
};

// Adds one topic's ranges for a commit to the errors table. They cover everything that the main table accounts for;
// `arriving` holds the bad records by partition. These may reach beyond the main table's position, if that was rewound.
void AddRanges(const table::OffsetState& main, const table::OffsetState& errors, std::map<int32_t, Arriving> arriving,
               std::vector<record::OffsetRange>& ranges) {
  for (const auto& [id, partition] : main.partitions) {
    const auto found = errors.partitions.find(id);
    const int64_t next = std::max(partition.next, arriving[id].next);
    if (found == errors.partitions.end() || next <= found->second.next) continue;
    const table::PartitionState& stands = found->second;
    record::OffsetRange range{{main.topic, id}, stands.next, next, partition.leader_epoch, {}};
    const int64_t others = range.next - range.first - arriving[id].rows;
    range.counts.rows = arriving[id].rows;
    range.counts.gaps = std::clamp<int64_t>(partition.counts.gaps - stands.counts.gaps, 0, others);
    range.counts.routed = others - range.counts.gaps;
    ranges.push_back(std::move(range));
  }
}

}  // namespace

catalog::TableIdent ErrorsTable(catalog::TableIdent table) {
  table.name += "__errors";
  return table;
}

ErrorsOutbox::ErrorsOutbox(std::shared_ptr<catalog::Catalog> catalog, const table::Committer& main,
                           const SinkOptions& sink, MemoryBudget& budget, FileNames& names, const MemoryPlan& memory,
                           FindOffsets find, std::unique_ptr<Lock> lock)
    : catalog_(std::move(catalog)),
      main_(main),
      sink_(sink),
      budget_(budget),
      names_(names),
      memory_(memory),
      ident_(ErrorsTable(sink.table)),
      find_(std::move(find)),
      lock_(std::move(lock)) {}

Result<ErrorsOutbox::Feed*> ErrorsOutbox::Open(const std::string& name) {
  if (const auto found = feeds_.find(name); found != feeds_.end()) return &found->second;
  auto loaded = LoadOrCreate(*catalog_, ident_);
  if (!loaded) return Wrap(loaded.error(), fmt::format("errors table {}", ident_.ToString()));
  if (const Status fits = decode::CheckErrorSchema(*loaded->metadata->schema()); !fits) {
    return Wrap(fits.error(),
                fmt::format("table {} cannot take the bad records of {}: rename it, so that Frazil makes one",
                            ident_.ToString(), sink_.table.ToString()));
  }
  table::CommitterOptions options = main_.options();
  options.pipeline = name;
  // Takeovers and rollbacks of the main table are decided there, and do not concern the errors table.
  options.take_over.clear();
  options.independent = true;
  options.on_rollback = OnRollback::kContinue;
  auto errors = std::make_unique<table::Committer>(
      std::make_shared<table::Table>(catalog_, ident_, *std::move(loaded), *options.clock), std::move(options));
  FRAZIL_RETURN_IF_ERROR(errors->Load());
  DataFileContext context{errors->table(), sink_, budget_, names_, name, memory_.row_group};
  return &feeds_.emplace(name, Feed{std::move(errors), std::move(context)}).first->second;
}

Result<const DataFileContext*> ErrorsOutbox::FilesOf(const std::string& topic) {
  const std::lock_guard lock(*lock_);
  FRAZIL_ASSIGN_OR_RETURN(const Feed* feed, Open(main_.FirstNameOf(topic)));
  return &feed->context;
}

Result<std::vector<decode::BadRecord>> ErrorsOutbox::NotYetThere(const record::RecordBatch& batch,
                                                                 std::vector<decode::BadRecord> bad) {
  const std::lock_guard lock(*lock_);
  FRAZIL_ASSIGN_OR_RETURN(const Feed* feed, Open(main_.FirstNameOf(batch.source.topic)));
  const table::Positions next = feed->committer->next();
  const auto stands = next.find(batch.source);
  if (stands == next.end() || bad.front().offset >= stands->second) return bad;
  const auto find = [&](const catalog::LoadedTable& table) {
    return find_(table, batch.source, batch.first, stands->second);
  };
  FRAZIL_ASSIGN_OR_RETURN(const std::set<int64_t> there,
                          feed->context.table->ReadFiles(table::Table::History::kHeads, find));
  for (const decode::BadRecord& one : bad) {
    if (one.offset >= stands->second || there.contains(one.offset)) continue;
    return Fail(
        ErrorKind::kBadRecord,
        "topic '{}', partition {}, offset {}: {}. It is read after a rollback or a rewind, and was no bad record "
        "before, or not read; the errors table {} has gone past it. Mend the schema, or say 'on_bad_record: "
        "skip' until it is passed",
        batch.source.topic, batch.source.partition, one.offset, one.reason, ident_.ToString());
  }
  std::erase_if(bad, [&](const decode::BadRecord& one) { return one.offset < stands->second; });
  return bad;
}

table::ErrorsOfCommit ErrorsOutbox::Announce(const std::map<std::string, ErrorsInHand>& errors) {
  const std::lock_guard lock(*lock_);
  table::ErrorsOfCommit announced;
  announced.applied = [this, any = !errors.empty()]() -> Result<table::StatesByTopic> {
    const std::lock_guard asked(*lock_);
    table::StatesByTopic applied;
    for (const auto& [name, feed] : feeds_) {
      if (any) FRAZIL_RETURN_IF_ERROR(feed.committer->Load());
      for (auto& [topic, state] : feed.committer->states()) {
        if (main_.FirstNameOf(topic) == name) applied[topic] = state;
      }
    }
    return applied;
  };
  for (const auto& [topic, in_hand] : errors) {
    table::PendingErrors& pending = announced.pending[topic];
    for (const iceberg::DataFile& file : in_hand.files) {
      pending.files.push_back({file.file_path, file.file_size_in_bytes, file.record_count});
      written_[file.file_path] = file;
    }
    for (const auto& [partition, origin] : in_hand.origins) pending.origins.Add(origin);
  }
  return announced;
}

Status ErrorsOutbox::Apply() {
  if (!main_.AnyPending()) return {};
  std::map<std::string, table::StatesByTopic> by_name;
  for (auto& [topic, state] : main_.states()) {
    table::StatesByTopic& states = by_name[table::FirstName(state)];
    states[topic] = std::move(state);
  }
  const std::lock_guard lock(*lock_);
  for (const auto& [name, states] : by_name) {
    if (!AnyWaits(states, {})) continue;
    FRAZIL_ASSIGN_OR_RETURN(Feed * feed, Open(name));
    FRAZIL_RETURN_IF_ERROR(ApplyTo(*feed->committer, states));
  }
  return {};
}

Status ErrorsOutbox::ApplyTo(table::Committer& errors, const table::StatesByTopic& states) {
  for (int round = 0; AnyWaits(states, errors.states()); ++round) {
    const Status applied = ApplyOnce(errors, states);
    if (applied) continue;
    if (applied.error().kind != ErrorKind::kFenced || round == kMostRounds) {
      return tl::unexpected<Error>(
          {applied.error().kind == ErrorKind::kFenced ? ErrorKind::kCommitConflict : applied.error().kind,
           fmt::format(
               "bad records of {} could not be appended to {}: {}. They are in files that the offsets name, and "
               "are appended with the next start",
               sink_.table.ToString(), ident_.ToString(), applied.error().message)});
    }
    FRAZIL_RETURN_IF_ERROR(errors.Load());
  }
  return {};
}

Status ErrorsOutbox::Establish(table::Committer& errors, const table::StatesByTopic& states) {
  const table::Positions known = errors.next();
  table::Positions starts;
  for (const auto& [topic, state] : states) {
    if (state.pending.empty()) continue;
    for (const auto& [id, partition] : state.partitions) {
      if (!known.contains({topic, id})) starts[{topic, id}] = partition.start;
    }
    // After a rewind, the main table's start is the target of the rewind. Pending records may lie before it.
    for (const auto& pending : state.pending) {
      for (const auto& origin : pending.origins.list()) {
        const auto start = starts.find(origin.source);
        if (start != starts.end()) start->second = std::min(start->second, origin.first);
      }
    }
  }
  return starts.empty() ? Status() : errors.Establish(starts);
}

Status ErrorsOutbox::ApplyOnce(table::Committer& errors, const table::StatesByTopic& states) {
  FRAZIL_RETURN_IF_ERROR(Establish(errors, states));
  FRAZIL_ASSIGN_OR_RETURN(const int32_t spec_id, UnpartitionedSpec(*errors.table()->current().metadata));
  const table::StatesByTopic applied = errors.states();
  const table::Positions next = errors.next();
  std::vector<iceberg::DataFile> files;
  std::vector<record::OffsetRange> ranges;
  int64_t rows = 0;
  for (const auto& [topic, state] : states) {
    std::map<int32_t, Arriving> arriving;  // by partition
    for (const table::PendingErrors& pending : state.pending) {
      if (!Waits(pending, topic, applied)) continue;
      for (const record::RowOrigin& origin : pending.origins.list()) {
        const auto stands = next.find({topic, origin.source.partition});
        if (stands == next.end()) {
          return Fail(ErrorKind::kInvalidArgument,
                      "the offsets name bad records of topic '{}', partition {}, and say nothing of that partition: "
                      "'frazil verify' tells what is wrong with them",
                      topic, origin.source.partition);
        }
        if (origin.first < stands->second) {
          return Fail(
              ErrorKind::kFenced,
              "those of topic '{}', partition {}, offsets {} to {} may be there in part, since it was fed up to "
              "{} while the main table was rolled back: rename it, so that Frazil makes a new one",
              topic, origin.source.partition, origin.first, origin.next - 1, stands->second - 1);
        }
        Arriving& here = arriving[origin.source.partition];
        here.rows += origin.rows;
        here.next = std::max(here.next, origin.next);
        rows += origin.rows;
      }
      for (const auto& file : pending.files) {
        const auto known = written_.find(file.path);
        files.push_back(known == written_.end() ? iceberg::DataFile() : known->second);
        files.back().file_path = file.path;
        files.back().spec_id = spec_id;
        files.back().record_count = file.rows;
        files.back().file_size_in_bytes = file.bytes;
      }
    }
    const auto there = applied.find(topic);
    if (there != applied.end() && !arriving.empty()) AddRanges(state, there->second, std::move(arriving), ranges);
  }
  if (files.empty()) return {};
  FRAZIL_FAILPOINT("before-errors-commit");
  FRAZIL_ASSIGN_OR_RETURN(const table::CommitReport report, errors.Commit(files, ranges));
  FRAZIL_FAILPOINT("after-errors-commit");
  for (const iceberg::DataFile& file : files) written_.erase(file.file_path);
  log::info("{} bad records are in {}, snapshot {}", rows, ident_.ToString(), report.snapshot_id);
  return {};
}

}  // namespace frazil::ingest
