#include "process.h"

#include <algorithm>

#include "catalog_client.h"
#include "world.h"

namespace frazil::simulation {

namespace {

constexpr std::string_view kPoll = "polls";

}  // namespace

// Each process has a clock of its own, which may be wrong, and set while it runs.
class Process::LocalClock final : public Clock {
 public:
  LocalClock(World& world, Process& process) : world_(world), process_(process), ahead_(Drift()) {}

  int64_t NowMillis() override {
    if (world_.dice.OneIn(20)) ahead_ = Drift();
    return world_.scheduler.now() + ahead_;
  }
  std::chrono::steady_clock::time_point Steady() override {
    return std::chrono::steady_clock::time_point(std::chrono::milliseconds(world_.scheduler.now()));
  }
  void Sleep(std::chrono::milliseconds duration) override { process_.Wait(duration.count()); }

 private:
  int64_t Drift() { return world_.dice.OneIn(4) ? world_.dice.Between(-20'000, 20'000) : 0; }

  World& world_;
  Process& process_;
  int64_t ahead_;
};

Process::Process(World& world, Role role)
    : world_(world), role_(std::move(role)), clock_(std::make_unique<LocalClock>(world, *this)) {}

Process::~Process() = default;

void Process::Start() {
  world_.trace.Say(name(), "starts, pipeline '{}'", role_.pipeline);
  world_.scheduler.Spawn([self = shared_from_this()] { self->Live(); });
}

void Process::Kill() {
  if (dead_) return;
  dead_ = true;
  world_.trace.Say(name(), "is killed");
  world_.OnEnded(*this, std::nullopt);
}

void Process::Step(std::string_view what) {
  if (world_.Happens(world_.scenario.stall)) {
    const Millis stall = world_.dice.Between(100, 15'000);
    world_.trace.Say(name(), "is not scheduled for {} ms, before it {}", stall, what);
    Wait(stall);
  }
  Wait(world_.dice.Between(1, 20));
  if (world_.Happens(world_.scenario.crash)) {
    world_.trace.Say(name(), "crashes before it {}", what);
    dead_ = true;
    world_.OnEnded(*this, std::nullopt);
    throw Killed();
  }
  if (what != kPoll) world_.trace.Say(name(), "{}", what);
}

void Process::Wait(Millis duration) {
  if (dead_) throw Killed();
  world_.scheduler.Wait(duration);
  if (dead_) throw Killed();
}

void Process::Live() {
  const Status ended = Run();
  if (dead_) return;
  dead_ = true;
  world_.trace.Say(name(), "ends: {}", ended ? "as asked" : ended.error().message);
  world_.OnEnded(*this, ended ? std::nullopt : std::optional(ended.error()));
}

Status Process::Run() {
  FRAZIL_RETURN_IF_ERROR(Open());
  world_.group.Join(name(), world_.dice, world_.topic);
  Status status = Loop();
  if (status) {
    const auto all = CommitAll(8000);
    if (!all) status = tl::unexpected<Error>(all.error());
  }
  give_up_.Set();
  return status;
}

Status Process::Open() {
  const auto io = std::make_shared<StorageClient>(world_, *this);
  const auto catalog = std::make_shared<CatalogClient>(
      world_, *this, io, CommitRequest{name(), role_.pipeline, role_.topic_id, role_.on_rollback, {}, {}, {}});
  FRAZIL_ASSIGN_OR_RETURN(auto loaded, catalog->LoadHeads(kTable));
  table_ = std::make_shared<table::Table>(catalog, kTable, std::move(loaded), *clock_);
  table::CommitterOptions options;
  options.pipeline = role_.pipeline;
  options.ref = world_.scenario.ref;
  options.on_rollback = role_.on_rollback;
  options.take_over = role_.take_over;
  options.cluster_id = "cluster";
  options.topic_ids = {{kTopic, role_.topic_id}};
  options.patience = std::chrono::milliseconds(world_.scenario.patience);
  options.give_up = &give_up_;
  options.clock = clock_.get();
  committer_ = std::make_unique<table::Committer>(table_, std::move(options));
  return committer_->Load();
}

Status Process::Loop() {
  while (!asked_to_stop_) {
    Wait(world_.dice.Between(20, 300));
    Step(kPoll);
    FRAZIL_RETURN_IF_ERROR(CollectCommit());
    FRAZIL_RETURN_IF_ERROR(FollowGroup());
    if (reread_ && !in_flight_) FRAZIL_RETURN_IF_ERROR(GoBackToTable());
    if (world_.Happens(world_.scenario.growth)) FRAZIL_RETURN_IF_ERROR(GrowSchema());
    Fetch();
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
  FRAZIL_RETURN_IF_ERROR(committer_->Load());
  FRAZIL_RETURN_IF_ERROR(EstablishAll(partitions));
  CheckPositions();
  const auto next = committer_->next();
  for (const int partition : partitions) {
    const auto found = next.find(PartitionOf(partition));
    if (found == next.end()) return Fail(ErrorKind::kInternal, "partition {} was not established", partition);
    positions_[partition] = found->second;
    world_.trace.Say(name(), "reads partition {} from {}", partition, found->second);
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
  FRAZIL_RETURN_IF_ERROR(committer_->Load());
  CheckPositions();
  const auto next = committer_->next();
  for (auto& [partition, position] : positions_) {
    const auto found = next.find(PartitionOf(partition));
    if (found == next.end()) {
      return Fail(ErrorKind::kInvalidArgument, "the table no longer tells where partition {} stands", partition);
    }
    position = found->second;
    world_.trace.Say(name(), "goes back to {} in partition {}", position, partition);
  }
  reread_ = false;
  return {};
}

// As where records bring a column that the table lacks.
Status Process::GrowSchema() {
  const std::string column = "g" + std::to_string(world_.dice.Between(1, 9));
  world_.trace.Say(name(), "wants column {}", column);
  const auto grown = table_->AddColumns(
      {{"", {.id = 0, .name = column, .type = iceberg::Type::Primitive(iceberg::TypeKind::kString)}}});
  return grown ? Status() : tl::unexpected<Error>(grown.error());
}

void Process::CheckPositions() { world_.oracle.ContinuesFrom(name(), committer_->next()); }

void Process::Fetch() {
  if (reread_) return;
  for (auto& [partition, position] : positions_) {
    const int64_t next = std::min(world_.topic.end(partition), position + world_.dice.Between(0, 6));
    if (next <= position) continue;
    hand_.stretches[partition].push_back({partition, position, next});
    position = next;
  }
}

void Process::StartCommit() {
  auto in_flight = std::make_shared<InFlight>();
  in_flight_ = in_flight;
  world_.scheduler.Spawn([self = shared_from_this(), in_flight, hand = std::exchange(hand_, {})] {
    in_flight->result = self->CommitHand(hand, in_flight->ranges);
  });
}

Result<table::CommitReport> Process::CommitHand(const Hand& hand, std::vector<record::OffsetRange>& ranges) {
  DataContent content{role_.topic_id, {}, 0};
  for (const auto& [partition, stretches] : hand.stretches) {
    auto range = Topic::RangeOf(partition, stretches.front().first, stretches.back().next);
    content.stretches.push_back({partition, range.first, range.next});
    content.rows += range.counts.rows;
    if (range.counts.rows > 0 && world_.Happens(world_.scenario.careless)) {
      --range.counts.rows;
      content.stretches.back().next = range.next - 1;
    }
    ranges.push_back(std::move(range));
  }
  std::vector<iceberg::DataFile> files;
  if (content.rows > 0) {
    iceberg::DataFile file;
    file.file_path = "sim://db/events/data/" + file_names_.Next();
    file.record_count = content.rows;
    file.file_size_in_bytes = 100;
    Step("puts a data file");
    if (!world_.storage.PutData(file.file_path, std::move(content))) {
      world_.oracle.NameUsedTwice(name(), file.file_path);
    }
    files.push_back(std::move(file));
  }
  for (const auto& range : ranges) {
    world_.trace.Say(name(), "commits {} to {} of partition {}", range.first, range.next - 1, range.source.partition);
  }
  return committer_->Commit(std::move(files), ranges);
}

Status Process::CollectCommit() {
  if (!in_flight_ || !in_flight_->result) return {};
  const auto done = std::exchange(in_flight_, nullptr);
  const auto& result = *done->result;
  if (result) {
    world_.trace.Say(name(), "has committed snapshot {}", result->snapshot_id);
    world_.oracle.Acknowledged(name(), result->snapshot_id, done->ranges);
    return {};
  }
  if (result.error().kind != ErrorKind::kFenced) return tl::unexpected<Error>(result.error());
  world_.trace.Say(name(), "is fenced: {}", result.error().message);
  world_.oracle.Fenced(name(), done->ranges);
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
