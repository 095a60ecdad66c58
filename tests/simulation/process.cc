#include "process.h"

#include <algorithm>
#include <chrono>

#include "iceberg/snapshot_manifests.h"
#include "world.h"

namespace frazil::simulation {
namespace {

using std::chrono::milliseconds;

// As ingest::OffsetsInErrorsTable, of files that are not written out.
Result<std::set<int64_t>> OffsetsInErrorsTable(const World& world, const catalog::LoadedTable& table, int partition,
                                               int64_t first, int64_t next) {
  std::set<int64_t> found;
  const iceberg::Snapshot* head = table.metadata->RefHead(world.scenario.ref);
  if (head == nullptr) return found;
  FRAZIL_RETURN_IF_ERROR(
      iceberg::VisitLiveEntries(*head, *table.io, [&](const iceberg::ManifestEntry& entry) -> Status {
        const std::string& path = entry.data_file.file_path;
        const DataContent* content = world.storage.FindData(path);
        if (content == nullptr) return Fail(ErrorKind::kNotFound, "{}: no such file", path);
        for (const Stretch& stretch : content->stretches) {
          if (stretch.partition != partition) continue;
          for (int64_t at = std::max(first, stretch.first); at < std::min(next, stretch.next); ++at) found.insert(at);
        }
        return {};
      }));
  return found;
}

ingest::PipelineOptions OptionsOf(World& world, const Life::Role& role) {
  using Start = source::StartAt::Kind;
  const auto within = [&](int64_t least, int64_t most) { return milliseconds(world.dice.Between(least, most)); };
  ingest::PipelineOptions options;
  options.name = role.pipeline;
  options.start.kind = world.scenario.start_at_latest ? Start::kLatest : Start::kEarliest;
  options.on_lost_records = role.skips_lost ? ingest::OnLostRecords::kSkip : ingest::OnLostRecords::kStop;
  options.once = role.once;
  if (options.once && world.dice.OneIn(3)) options.limit = world.dice.Between(1, 12);
  options.sink.table = kTable;
  options.sink.batch_size = world.dice.Between(1, 12);
  options.sink.flush_interval = within(0, 2000);
  options.sink.min_commit_interval = within(0, 500);
  options.sink.offset_flush = within(100, 3000);
  return options;
}

}  // namespace

Process::Process(World& world, Role role)
    : Life(world, std::move(role)),
      options_(OptionsOf(world, role_)),
      consumer_(world, *this),
      executor_(world, *this) {
  times_.revoke = milliseconds(world_.dice.Between(100, 20'000));
}

void Process::OnEnded(const std::optional<Error>& why) { world_.OnEnded(*this, why); }

Status Process::Run() {
  source::Positions ends;
  if (options_.once) {
    FRAZIL_ASSIGN_OR_RETURN(const auto partitions, consumer_.Streams());
    FRAZIL_ASSIGN_OR_RETURN(ends, consumer_.EndOffsets(partitions));
  }
  FRAZIL_RETURN_IF_ERROR(OpenTable(/*reads=*/true));
  const auto find = [this](const catalog::LoadedTable& table, const record::TopicPartition& source, int64_t first,
                           int64_t next) { return OffsetsInErrorsTable(world_, table, source.partition, first, next); };
  errors_ = std::make_unique<ingest::ErrorsOutbox>(catalog_, *committer_, options_.sink, budget_, file_names_, memory_,
                                                   find, std::make_unique<FiberLock>(world_, *this));
  FRAZIL_RETURN_IF_ERROR(errors_->Apply());
  workshop_ = std::make_unique<Workshop>(world_, *this, *table_, file_names_, *errors_);
  destination_ = std::make_unique<ingest::Destination>(ingest::Destination::Parts{
      options_.sink, *committer_, *errors_, nullptr, *workshop_, executor_, clock_, give_up_});
  coordinator_ = std::make_unique<ingest::Coordinator>(
      ingest::Coordinator::Parts{options_, clock_, consumer_, *workshop_, *destination_, *this, give_up_}, ends,
      times_);
  FRAZIL_RETURN_IF_ERROR(coordinator_->Run(stop_));
  if (options_.once && options_.limit == 0 && !stop_.IsSet()) world_.oracle().Finished(name(), ends);
  return {};
}

void Process::OnCommitted(const ingest::FinishedCommit& commit) {
  world_.trace.Say(name(), "has committed snapshot {}", commit.report->snapshot_id);
  world_.oracle().Acknowledged(name(), commit.report->snapshot_id, commit.contents.ranges);
}

void Process::OnFenced(const Error& why, const std::vector<record::OffsetRange>& refused) {
  world_.trace.Say(name(), "is fenced: {}", why.message);
  if (!refused.empty()) world_.oracle().Fenced(name(), refused);
}

void Process::OnLost(const source::TopicPartition& partition, const ingest::LostRecords& lost) {
  world_.trace.Say(name(), "passes over {} to {} of partition {}, which are lost", lost.first, lost.next - 1,
                   partition.partition);
}

}  // namespace frazil::simulation
