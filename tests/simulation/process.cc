#include "process.h"

#include <algorithm>

#include "iceberg/snapshot_manifests.h"
#include "world.h"

namespace frazil::simulation {
namespace {

constexpr std::string_view kDataFolder = "sim://db/events/data/";
constexpr std::string_view kErrorsFolder = "sim://db/events__errors/data/";

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

}  // namespace

// The outbox is for one thread at a time, and keeps others out by a lock. Fibers would wait for it on the thread that
// is to free it: they take turns first.
class Process::OutboxTurn {
 public:
  explicit OutboxTurn(Process& process) : process_(process) {
    while (process_.outbox_is_taken_) process_.Wait(process_.world_.dice.Between(1, 20));
    process_.outbox_is_taken_ = true;
  }
  ~OutboxTurn() { process_.outbox_is_taken_ = false; }
  OutboxTurn(const OutboxTurn&) = delete;
  OutboxTurn& operator=(const OutboxTurn&) = delete;

 private:
  Process& process_;
};

Process::Process(World& world, Role role) : Life(world, std::move(role)) { sink_.table = kTable; }

void Process::OnEnded(const std::optional<Error>& why) { world_.OnEnded(*this, why); }

Status Process::Run() {
  FRAZIL_RETURN_IF_ERROR(OpenTable(/*reads=*/true));
  const auto find = [this](const catalog::LoadedTable& table, const record::TopicPartition& source, int64_t first,
                           int64_t next) { return OffsetsInErrorsTable(world_, table, source.partition, first, next); };
  errors_ = std::make_unique<ingest::ErrorsOutbox>(catalog_, *committer_, sink_, budget_, file_names_, memory_, find);
  FRAZIL_RETURN_IF_ERROR(ApplyErrors());
  world_.group.Join(name(), world_.dice, world_.topic);
  Status status = Loop();
  if (status) {
    const auto all = CommitAll(8000);
    if (!all) status = tl::unexpected<Error>(all.error());
  }
  give_up_.Set();
  return status;
}

Status Process::LoadTable() {
  FRAZIL_RETURN_IF_ERROR(committer_->Load());
  return ApplyErrors();
}

Status Process::ApplyErrors() {
  const OutboxTurn turn(*this);
  return errors_->Apply();
}

Status Process::Loop() {
  while (!asked_to_stop_) {
    Wait(world_.dice.Between(20, 300));
    Step(kPoll);
    FRAZIL_RETURN_IF_ERROR(CollectCommit());
    FRAZIL_RETURN_IF_ERROR(FollowGroup());
    if (reread_ && !in_flight_) FRAZIL_RETURN_IF_ERROR(GoBackToTable());
    if (world_.Happens(world_.scenario.growth)) FRAZIL_RETURN_IF_ERROR(GrowSchema());
    FRAZIL_RETURN_IF_ERROR(Fetch());
    if (!in_flight_ && !hand_.empty() && world_.dice.OneIn(2)) StartCommit();
  }
  return {};
}

Status Process::FollowGroup() {
  const bool was_cut_off = cut_off_until_ != 0;
  if (world_.Happens(60)) cut_off_until_ = world_.scheduler.now() + world_.dice.Between(500, 15'000);
  if (cut_off_until_ > world_.scheduler.now() && !world_.calm()) return {};
  cut_off_until_ = 0;

  const std::vector<int> assigned = world_.group.AssignedTo(name());
  std::vector<int> gone;
  for (const auto& [partition, position] : positions_) {
    if (!std::binary_search(assigned.begin(), assigned.end(), partition)) gone.push_back(partition);
  }
  if (!gone.empty() && was_cut_off) {
    world_.trace.Say(name(), "has lost {} partitions", gone.size());
    hand_ = {};
    reread_ = true;
    for (const int partition : gone) positions_.erase(partition);
  } else if (!gone.empty()) {
    FRAZIL_RETURN_IF_ERROR(OnRevoked(gone));
  }
  std::vector<int> fresh;
  for (const int partition : assigned) {
    if (!positions_.contains(partition)) fresh.push_back(partition);
  }
  return fresh.empty() ? Status() : OnAssigned(fresh);
}

Status Process::OnRevoked(const std::vector<int>& partitions) {
  world_.trace.Say(name(), "gives {} partitions back", partitions.size());
  if (!reread_) {
    FRAZIL_ASSIGN_OR_RETURN(const bool all, CommitAll(world_.dice.Between(100, 20'000)));
    if (!all) {
      hand_ = {};
      reread_ = true;
    }
  }
  for (const int partition : partitions) positions_.erase(partition);
  return {};
}

Status Process::OnAssigned(const std::vector<int>& partitions) {
  FRAZIL_RETURN_IF_ERROR(TakeUp(partitions));
  for (const int partition : partitions) {
    world_.trace.Say(name(), "reads partition {} from {}", partition, positions_.at(partition));
  }
  return {};
}

Status Process::TakeUp(const std::vector<int>& partitions) {
  FRAZIL_RETURN_IF_ERROR(LoadTable());
  FRAZIL_RETURN_IF_ERROR(EstablishAll(partitions));
  CheckPositions();
  const auto next = committer_->next();
  for (const int partition : partitions) {
    const auto found = next.find(PartitionOf(partition));
    if (found == next.end()) return Fail(ErrorKind::kInternal, "partition {} was not established", partition);
    positions_[partition] = found->second;
  }
  return {};
}

Status Process::EstablishAll(const std::vector<int>& assigned) {
  const auto known = committer_->next();
  table::Positions starts;
  bool all = false;
  for (const int partition : assigned) {
    if (known.contains(PartitionOf(partition))) continue;
    if (committer_->Established(kTopic)) {
      starts[PartitionOf(partition)] = 0;
    } else {
      all = true;
    }
  }
  for (int partition = 0; all && partition < world_.topic.partitions(); ++partition) {
    starts[PartitionOf(partition)] = world_.scenario.start_at_latest ? world_.topic.end(partition) : 0;
  }
  if (starts.empty()) return {};
  // One commit at a time: the committer would block the thread, of which there is one here.
  while (in_flight_ && !in_flight_->result) Wait(world_.dice.Between(10, 100));
  return committer_->Establish(starts);
}

Status Process::GoBackToTable() {
  std::vector<int> partitions;
  for (const auto& [partition, position] : positions_) partitions.push_back(partition);
  FRAZIL_RETURN_IF_ERROR(TakeUp(partitions));
  for (const auto& [partition, position] : positions_) {
    world_.trace.Say(name(), "goes back to {} in partition {}", position, partition);
  }
  reread_ = false;
  return {};
}

// As where records bring a column that the table lacks.
Status Process::GrowSchema() {
  const std::string column = "g" + std::to_string(world_.dice.Between(1, 9));
  world_.trace.Say(name(), "wants column {}", column);
  return table_->AddColumns(
      {{0, {.id = 0, .name = column, .type = iceberg::Type::Primitive(iceberg::TypeKind::kString)}}});
}

void Process::CheckPositions() { world_.oracle().ContinuesFrom(name(), committer_->next()); }

Status Process::Fetch() {
  if (reread_) return {};
  for (auto& [partition, position] : positions_) {
    const int64_t next = std::min(world_.topic.end(partition), position + world_.dice.Between(0, 6));
    if (next <= position) continue;
    const Stretch stretch{partition, position, next};
    hand_.stretches[partition].push_back(stretch);
    Decide(stretch);
    position = next;
    if (role_.errors_table) FRAZIL_RETURN_IF_ERROR(JudgeBadRecords(stretch));
  }
  return {};
}

// By the table as this process knows it.
void Process::Decide(const Stretch& stretch) {
  const iceberg::TableMetadataPtr table = table_->current().metadata;
  table::DecidedBy decided{table->schema(), table->spec()};
  for (int64_t offset = stretch.first; offset < stretch.next; ++offset) {
    decided.refused |= Topic::At(stretch.partition, offset) == Slot::kBad;
  }
  hand_.decided.push_back(std::move(decided));
}

// As a lane does of a batch.
Status Process::JudgeBadRecords(const Stretch& stretch) {
  record::RecordBatch batch;
  batch.source = PartitionOf(stretch.partition);
  batch.first = stretch.first;
  batch.next = stretch.next;
  std::vector<decode::BadRecord> bad;
  for (int64_t offset = stretch.first; offset < stretch.next; ++offset) {
    if (Topic::At(stretch.partition, offset) == Slot::kBad) bad.push_back({offset, "no row"});
  }
  if (bad.empty()) return {};
  const OutboxTurn turn(*this);
  FRAZIL_RETURN_IF_ERROR(errors_->FilesOf(kTopic));
  FRAZIL_ASSIGN_OR_RETURN(bad, errors_->NotYetThere(batch, std::move(bad)));
  for (const auto& one : bad) hand_.bad[stretch.partition].push_back(one.offset);
  return {};
}

void Process::StartCommit() {
  auto in_flight = std::make_shared<InFlight>();
  in_flight_ = in_flight;
  world_.scheduler.Spawn([this, self = shared_from_this(), in_flight, hand = std::exchange(hand_, {})] {
    in_flight->result = CommitHand(hand, in_flight->ranges);
  });
}

Result<table::CommitReport> Process::CommitHand(const Hand& hand, std::vector<record::OffsetRange>& ranges) {
  DataContent content{role_.topic_id, {}, 0};
  for (const auto& [partition, stretches] : hand.stretches) {
    auto range = Topic::RangeOf(partition, stretches.front().first, stretches.back().next, role_.errors_table);
    content.stretches.push_back({partition, range.first, range.next});
    content.rows += range.counts.rows;
    if (range.counts.rows > 0 && world_.Happens(world_.scenario.careless)) {
      --range.counts.rows;
      content.stretches.back().next = range.next - 1;
    }
    ranges.push_back(std::move(range));
  }
  content.decided = hand.decided;
  std::vector<iceberg::DataFile> files;
  if (content.rows > 0) files.push_back(PutFile(std::string(kDataFolder) + file_names_.Next(), std::move(content)));
  const table::ErrorsOfCommit errors = Announce(hand);
  for (const auto& range : ranges) {
    world_.trace.Say(name(), "commits {} to {} of partition {}", range.first, range.next - 1, range.source.partition);
  }
  auto committed = committer_->Commit(std::move(files), ranges, errors, hand.decided);
  if (committed) FRAZIL_RETURN_IF_ERROR(ApplyErrors());
  return committed;
}

table::ErrorsOfCommit Process::Announce(const Hand& hand) {
  std::map<std::string, ingest::ErrorsInHand> errors;
  if (!hand.bad.empty()) {
    ingest::ErrorsInHand& in_hand = errors[kTopic];
    DataContent content{role_.topic_id, {}, 0};
    for (const auto& [partition, offsets] : hand.bad) {
      for (const int64_t offset : offsets) content.stretches.push_back({partition, offset, offset + 1});
      const auto count = static_cast<int64_t>(offsets.size());
      content.rows += count;
      const record::TopicPartition source = PartitionOf(partition);
      in_hand.origins[source] = {source, offsets.front(), offsets.back() + 1, count};
    }
    in_hand.files.push_back(PutFile(std::string(kErrorsFolder) + file_names_.Next(), std::move(content)));
  }
  const OutboxTurn turn(*this);
  table::ErrorsOfCommit announced = errors_->Announce(errors);
  announced.applied = [this, ask = std::move(announced.applied)] {
    const OutboxTurn asks(*this);
    return ask();
  };
  return announced;
}

Status Process::CollectCommit() {
  if (!in_flight_ || !in_flight_->result) return {};
  const auto done = std::exchange(in_flight_, nullptr);
  const auto& result = *done->result;
  if (result) {
    world_.trace.Say(name(), "has committed snapshot {}", result->snapshot_id);
    world_.oracle().Acknowledged(name(), result->snapshot_id, done->ranges);
    return {};
  }
  if (result.error().kind != ErrorKind::kFenced) return tl::unexpected<Error>(result.error());
  world_.trace.Say(name(), "is fenced: {}", result.error().message);
  world_.oracle().Fenced(name(), done->ranges);
  hand_ = {};
  reread_ = true;
  Wait(world_.dice.Between(100, 200));
  return {};
}

Status Process::AwaitCommit(Millis timeout) {
  const Millis deadline = world_.scheduler.now() + timeout;
  while (in_flight_ && !in_flight_->result && world_.scheduler.now() < deadline) Wait(world_.dice.Between(10, 200));
  return CollectCommit();
}

Result<bool> Process::CommitAll(Millis timeout) {
  const Millis deadline = world_.scheduler.now() + timeout;
  FRAZIL_RETURN_IF_ERROR(AwaitCommit(timeout));
  if (in_flight_) return false;
  if (hand_.empty()) return true;
  StartCommit();
  FRAZIL_RETURN_IF_ERROR(AwaitCommit(deadline - world_.scheduler.now()));
  return !in_flight_;
}

}  // namespace frazil::simulation
