#include "consumer.h"

#include <algorithm>

#include "world.h"

namespace frazil::simulation {
namespace {

std::vector<source::StreamId> PartitionsOf(const std::vector<int>& ids) {
  std::vector<source::StreamId> partitions;
  for (const int id : ids) partitions.push_back(PartitionOf(id));
  return partitions;
}

}  // namespace

Result<std::string> Consumer::TopicId(const std::string& /*topic*/) {
  life_.Step("asks for the topic's id");
  return world_.topic.id();
}

Result<std::vector<source::StreamId>> Consumer::Streams() {
  std::vector<source::StreamId> streams;
  for (int id = 0; id < world_.topic.partitions(); ++id) streams.push_back(PartitionOf(id));
  return streams;
}

Result<source::Positions> Consumer::ResolveStart(const std::vector<source::StreamId>& streams,
                                                 const source::StartAt& start) {
  life_.Step("asks where partitions begin");
  const bool at_end = start.kind == source::StartAt::Kind::kLatest;
  source::Positions starts;
  for (const auto& source : streams) {
    starts[source] = at_end ? world_.topic.end(source.partition) : world_.topic.begin(source.partition);
  }
  return starts;
}

Result<source::Positions> Consumer::EndOffsets(const std::vector<source::StreamId>& streams) {
  life_.Step("asks where partitions end");
  source::Positions ends;
  for (const auto& source : streams) ends[source] = world_.topic.end(source.partition);
  return ends;
}

Result<bool> Consumer::IsLive() {
  life_.Step("asks for the group's members");
  return world_.group.HasOthers(life_.name());
}

Status Consumer::Start(source::AssignmentListener* listener) {
  listener_ = listener;
  world_.group.Join(life_.name(), world_.dice, world_.topic);
  return {};
}

Status Consumer::Stop() {
  std::vector<int> rest;
  for (const auto& [partition, position] : positions_) rest.push_back(partition);
  if (!rest.empty()) listener_->OnRevoked(PartitionsOf(rest));
  positions_.clear();
  world_.group.Leave(life_.name(), world_.dice, world_.topic);
  return {};
}

Result<std::vector<record::RecordBatch>> Consumer::Poll(std::chrono::milliseconds /*timeout*/) {
  life_.Wait(world_.dice.Between(20, 300));
  life_.Step(kPoll);
  FRAZIL_RETURN_IF_ERROR(FollowGroup());
  if (paused_) return std::vector<record::RecordBatch>{};
  return Fetch();
}

Status Consumer::FollowGroup() {
  const bool was_cut_off = cut_off_until_ != 0;
  if (world_.Happens(60)) cut_off_until_ = world_.scheduler.now() + world_.dice.Between(500, 15'000);
  if (cut_off_until_ > world_.scheduler.now() && !world_.calm()) return {};
  cut_off_until_ = 0;

  const std::vector<int> assigned = world_.group.AssignedTo(life_.name());
  std::vector<int> gone;
  for (const auto& [partition, position] : positions_) {
    if (!std::binary_search(assigned.begin(), assigned.end(), partition)) gone.push_back(partition);
  }
  if (!gone.empty()) {
    world_.trace.Say(life_.name(), "{} {} partitions", was_cut_off ? "has lost" : "gives back", gone.size());
    if (was_cut_off) {
      listener_->OnLost(PartitionsOf(gone));
    } else {
      listener_->OnRevoked(PartitionsOf(gone));
    }
    for (const int partition : gone) positions_.erase(partition);
  }
  std::vector<int> fresh;
  for (const int partition : assigned) {
    if (!positions_.contains(partition)) fresh.push_back(partition);
  }
  if (fresh.empty()) return {};
  FRAZIL_ASSIGN_OR_RETURN(const source::Positions starts, listener_->OnAssigned(PartitionsOf(fresh)));
  CheckPositions(starts);
  for (const int partition : fresh) {
    positions_[partition] = starts.at(PartitionOf(partition));
    world_.trace.Say(life_.name(), "reads partition {} from {}", partition, positions_.at(partition));
  }
  return {};
}

Status Consumer::Seek(const source::Positions& positions) {
  CheckPositions(positions);
  for (const auto& [source, position] : positions) {
    positions_.at(source.partition) = position;
    world_.trace.Say(life_.name(), "goes to {} in partition {}", position, source.partition);
  }
  return {};
}

void Consumer::CheckPositions(const source::Positions& positions) {
  world_.oracle().ContinuesFrom(life_.name(), positions);
}

Result<std::vector<record::RecordBatch>> Consumer::Fetch() {
  std::vector<record::RecordBatch> batches;
  for (auto& [partition, position] : positions_) {
    if (position < world_.topic.begin(partition)) {
      return Fail(ErrorKind::kRecordsGone, "partition {}: {} is before the log's begin", partition, position);
    }
  }
  for (auto& [partition, position] : positions_) {
    record::RecordBatch batch;
    batch.source = PartitionOf(partition);
    batch.first = position;
    batch.next = std::min(world_.topic.end(partition), position + world_.dice.Between(0, 6));
    batch.leader_epoch = 0;
    if (batch.next <= batch.first) continue;
    for (int64_t offset = batch.first; offset < batch.next; ++offset) {
      if (Topic::At(partition, offset) != Slot::kGap) batch.records.emplace_back().offset = offset;
    }
    position = batch.next;
    batches.push_back(std::move(batch));
  }
  return batches;
}

}  // namespace frazil::simulation
