#include "source/kafka/native/fetch_state.h"

#include <algorithm>

#include "common/log.h"
#include "source/kafka/errors.h"

namespace frazil::source::kafka {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kFirstRetry{50};
constexpr milliseconds kLongestRetry{2000};
constexpr milliseconds kFirstStay{1000};
constexpr milliseconds kReplicaFor{300'000};

bool SameTopic(const FetchPlan::Partition& asked, const FetchResponse::Partition& got, int16_t version) {
  return version >= kFetchWithTopicIds ? asked.request.topic_id == got.topic_id : asked.source.topic == got.topic;
}

}  // namespace

// --- The thread that polls ------------------------------------------------------------------------------------------

void FetchState::Assign(const Positions& starts) {
  std::lock_guard lock(mutex_);
  for (const auto& [source, position] : starts) {
    DropReady(source);
    Partition& partition = partitions_[source];
    Partition fresh;
    fresh.life = ++lives_;
    fresh.position = position;
    // What is known about the topic and its leader is kept.
    fresh.topic_id = partition.topic_id;
    fresh.topic_known = partition.topic_known;
    fresh.leader = partition.leader;
    fresh.leader_epoch = partition.leader_epoch;
    partition = fresh;
    leaders_wanted_ |= partition.leader < 0;
  }
  stale_.notify_all();
  changed_.notify_all();
}

void FetchState::Unassign(const std::vector<TopicPartition>& partitions) {
  std::lock_guard lock(mutex_);
  for (const auto& source : partitions) {
    DropReady(source);
    partitions_.erase(source);
  }
  changed_.notify_all();
}

void FetchState::SetPaused(bool paused) {
  std::lock_guard lock(mutex_);
  paused_ = paused;
  changed_.notify_all();
}

FetchState::Taken FetchState::Take(milliseconds timeout, size_t bytes) {
  std::unique_lock lock(mutex_);
  arrived_.wait_for(lock, timeout, [&] { return woken_ || (!paused_ && !ready_.empty()); });
  woken_ = false;
  Taken taken;
  size_t took = 0;
  while (!paused_ && !ready_.empty() && took < bytes) {
    Ready& next = ready_.front();
    if (next.trouble) {
      taken.trouble = std::move(next.trouble);
      ready_.pop_front();
      break;
    }
    took += next.batch.byte_count;
    held_bytes_ -= static_cast<int64_t>(next.batch.byte_count);
    taken.batches.push_back(std::move(next.batch));
    ready_.pop_front();
  }
  if (took > 0) changed_.notify_all();
  return taken;
}

void FetchState::Wake() {
  std::lock_guard lock(mutex_);
  woken_ = true;
  arrived_.notify_all();
}

void FetchState::DropReady(const TopicPartition& source) {
  std::erase_if(ready_, [&](const Ready& each) {
    if (each.trouble ? each.trouble->source != source : each.batch.source != source) return false;
    held_bytes_ -= static_cast<int64_t>(each.batch.byte_count);
    return true;
  });
}

// --- The thread that knows the leaders ------------------------------------------------------------------------------

bool FetchState::WaitForRefresh(milliseconds age) {
  std::unique_lock lock(mutex_);
  stale_.wait_for(lock, age, [&] { return stopped_ || leaders_wanted_; });
  leaders_wanted_ = false;
  return !stopped_;
}

void FetchState::AskForLeaders() {
  std::lock_guard lock(mutex_);
  WantLeaders();
}

std::vector<std::string> FetchState::Topics() const {
  std::lock_guard lock(mutex_);
  std::set<std::string> topics;
  for (const auto& [source, partition] : partitions_) topics.insert(source.topic);
  return {topics.begin(), topics.end()};
}

bool FetchState::Learn(const Metadata& metadata) {
  std::lock_guard lock(mutex_);
  brokers_.clear();
  for (const auto& broker : metadata.brokers) brokers_[broker.id] = {broker.host, broker.port};
  for (const auto& topic : metadata.topics) {
    if (topic.error != 0) {
      if (!IsTransient(topic.error) && topic.error != static_cast<int16_t>(ErrorCode::kUnknownTopicOrPartition)) {
        for (auto& [source, partition] : partitions_) {
          if (source.topic == topic.name) GiveUp(source, partition, FailWith(topic.error, Describe(source)).value());
        }
      }
      continue;
    }
    for (const auto& known : topic.partitions) {
      const auto found = partitions_.find({topic.name, known.id});
      if (found == partitions_.end()) continue;
      auto& [source, partition] = *found;
      if (partition.topic_known && partition.topic_id != topic.id) {
        GiveUp(source, partition,
               {ErrorKind::kNotFound, fmt::format("{}: the topic was deleted and made anew while it was read, so its "
                                                  "records are other ones. Start again to decide what becomes of them",
                                                  Describe(source))});
        continue;
      }
      partition.topic_id = topic.id;
      partition.topic_known = true;
      // A broker that lags behind may name an earlier leader.
      if (known.leader_epoch >= 0 && known.leader_epoch < partition.leader_epoch) continue;
      if (known.leader != partition.leader) partition.replica = -1;
      partition.leader = known.leader;
      partition.leader_epoch = known.leader_epoch;
    }
  }
  changed_.notify_all();
  return std::all_of(partitions_.begin(), partitions_.end(),
                     [](const auto& each) { return each.second.failed || each.second.leader >= 0; });
}

std::set<int32_t> FetchState::NodesInUse() const {
  std::lock_guard lock(mutex_);
  std::set<int32_t> nodes;
  for (const auto& [source, partition] : partitions_) {
    for (const int32_t node : {partition.leader, partition.replica}) {
      if (brokers_.contains(node)) nodes.insert(node);
    }
  }
  return nodes;
}

// --- The threads of the brokers -------------------------------------------------------------------------------------

std::optional<Endpoint> FetchState::AddressOf(int32_t node) const {
  std::lock_guard lock(mutex_);
  const auto found = brokers_.find(node);
  return found == brokers_.end() ? std::nullopt : std::optional(found->second);
}

FetchState::Partition* FetchState::Find(const TopicPartition& source, uint64_t life) {
  const auto found = partitions_.find(source);
  return found == partitions_.end() || found->second.life != life ? nullptr : &found->second;
}

int32_t FetchState::ReadsFrom(const Partition& partition) {
  return partition.replica >= 0 && SteadyClock::now() < partition.replica_until ? partition.replica : partition.leader;
}

int32_t FetchState::Packed(int32_t bytes) const {
  constexpr int32_t kLeast = 64 << 10;
  return std::min(bytes, std::max(kLeast, static_cast<int32_t>(bytes / growth_->rate())));
}

bool FetchState::HasRoom() const {
  return held_bytes_ == 0 || held_bytes_ + settings_.max_bytes <= settings_.queue_bytes;
}

std::optional<FetchPlan> FetchState::NextPlan(int32_t node, bool wait) {
  constexpr milliseconds kLookAgain{1000};
  std::unique_lock lock(mutex_);
  while (!stopped_) {
    auto earliest = SteadyClock::now() + kLookAgain;
    if (auto plan = MakePlan(node, earliest)) return plan;
    if (!wait) return std::nullopt;
    changed_.wait_until(lock, earliest);
  }
  return std::nullopt;
}

std::optional<FetchPlan> FetchState::MakePlan(int32_t node, SteadyClock::time_point& earliest) {
  if (paused_ || !HasRoom()) return std::nullopt;
  const auto now = SteadyClock::now();
  FetchPlan plan;
  plan.node = node;
  for (auto& [source, partition] : partitions_) {
    if (partition.failed || partition.asked || ReadsFrom(partition) != node) continue;
    if (partition.held > 0 && partition.held_by != node) continue;
    if (partition.not_before > now) {
      earliest = std::min(earliest, partition.not_before);
      continue;
    }
    FetchPlan::Partition& one = plan.partitions.emplace_back();
    one.source = source;
    one.life = partition.life;
    one.request.topic_id = partition.topic_id;
    one.request.partition = source.partition;
    one.request.leader_epoch = partition.leader_epoch;
    one.request.offset = partition.position;
    one.request.last_fetched_epoch = partition.last_epoch;
    one.request.max_bytes = Packed(settings_.max_partition_bytes);
    plan.names_rack = plan.names_rack && partition.stays_until <= now;
    partition.asked = true;
    partition.held_by = node;
    ++partition.held;
  }
  if (plan.partitions.empty()) return std::nullopt;
  // The broker fills its answer in the order of the request. So each request begins with another partition: otherwise
  // the last one might never get its turn.
  const size_t turn = turns_[node] % plan.partitions.size();
  std::rotate(plan.partitions.begin(), plan.partitions.begin() + static_cast<ptrdiff_t>(turn), plan.partitions.end());
  for (auto& one : plan.partitions) one.request.topic = one.source.topic;
  plan.max_bytes = Packed(settings_.max_bytes);
  plan.reserved_bytes = settings_.max_bytes;
  held_bytes_ += plan.reserved_bytes;
  return plan;
}

std::vector<FetchParcel> FetchState::Receive(const FetchPlan& plan, int16_t version, const FetchResponse& response,
                                             const std::shared_ptr<const Bytes>& owner) {
  // An answer usually has the order of the request, so the search begins after the last match.
  std::vector<const FetchResponse::Partition*> shares(plan.partitions.size(), nullptr);
  std::vector<Result<BatchesEnd>> ends(plan.partitions.size());
  size_t expected = 0;
  for (const auto& got : response.partitions) {
    for (size_t i = 0; i < plan.partitions.size(); ++i) {
      const size_t at = (expected + i) % plan.partitions.size();
      const auto& asked = plan.partitions[at];
      if (asked.source.partition != got.partition || !SameTopic(asked, got, version)) continue;
      expected = at + 1;
      shares[at] = &got;
      ends[at] = EndOfBatches(got.batches, asked.request.offset, got.is_cut);
      break;
    }
  }

  std::lock_guard lock(mutex_);
  held_bytes_ -= plan.reserved_bytes;
  std::vector<FetchParcel> parcels;
  for (size_t i = 0; i < plan.partitions.size(); ++i) {
    const auto& asked = plan.partitions[i];
    Partition* const partition = Find(asked.source, asked.life);
    if (partition == nullptr) continue;
    partition->asked = false;
    if (response.error != 0) {
      HandleError(asked.source, *partition, response.error);
    } else if (shares[i] != nullptr && !partition->failed && TakeShare(asked, *shares[i], ends[i], *partition)) {
      const auto& batches = shares[i]->batches;
      const auto taken = static_cast<int64_t>(static_cast<double>(batches.size()) * growth_->rate());
      held_bytes_ += taken;
      parcels.push_back(
          {asked.life,
           {asked.source, asked.request.offset, batches, owner, shares[i]->aborted, growth_, shares[i]->is_cut},
           taken});
      continue;  // held until it is delivered
    }
    --partition->held;
  }
  turns_[plan.node] += std::max<size_t>(1, parcels.size());
  changed_.notify_all();
  return parcels;
}

bool FetchState::TakeShare(const FetchPlan::Partition& asked, const FetchResponse::Partition& got,
                           const Result<BatchesEnd>& end, Partition& partition) {
  if (got.diverged_at >= 0) {
    GiveUp(
        asked.source, partition,
        {ErrorKind::kNotFound, fmt::format("the log was cut off at offset {} after it had been read further: a broker "
                                           "that lacked these records was elected leader",
                                           got.diverged_at)},
        /*gone=*/partition.position);
    return false;
  }
  if (got.error != 0) {
    HandleError(asked.source, partition, got.error);
    return false;
  }
  if (!end) {
    GiveUp(asked.source, partition, Wrap(end.error(), Describe(asked.source)).value());
    return false;
  }
  partition.retry_wait = milliseconds(0);
  const auto now = SteadyClock::now();
  if (got.preferred_replica >= 0 && got.preferred_replica != partition.held_by && partition.stays_until <= now) {
    partition.replica = got.preferred_replica;
    partition.replica_until = now + kReplicaFor;
    // The leaders' thread must start a thread for that broker, or find out its address.
    WantLeaders();
    if (!brokers_.contains(got.preferred_replica)) LeaveReplica(partition);
  }
  if (end->next <= asked.request.offset) return false;
  if (partition.held_by == partition.replica) partition.stay = milliseconds(0);
  partition.position = end->next;
  partition.last_epoch = end->leader_epoch;
  return true;
}

// Goes back from a replica to the leader. The leader would at once send us to the same replica again. So for a while,
// and longer each time, the request does not name our rack, and the leader serves the records itself.
void FetchState::LeaveReplica(Partition& partition) {
  partition.replica = -1;
  partition.stay = std::clamp(partition.stay * 2, kFirstStay, kReplicaFor);
  partition.stays_until = SteadyClock::now() + partition.stay;
}

void FetchState::HandleError(const TopicPartition& source, Partition& partition, int16_t code) {
  // A replica may lag behind, so the leader is asked before this counts as an error.
  if (partition.replica >= 0) return LeaveReplica(partition);
  if (code == static_cast<int16_t>(ErrorCode::kOffsetOutOfRange)) {
    GiveUp(source, partition, {ErrorKind::kNotFound, "the broker has no such offset"}, /*gone=*/partition.position);
    return;
  }
  // The leaders' thread and the group find out whether a topic is gone or new.
  if (!IsTransient(code) && code != static_cast<int16_t>(ErrorCode::kUnknownTopicOrPartition) &&
      code != static_cast<int16_t>(ErrorCode::kUnknownTopicId) &&
      code != static_cast<int16_t>(ErrorCode::kInconsistentTopicId)) {
    GiveUp(source, partition,
           FailWith(code, fmt::format("{} at offset {}", Describe(source), partition.position)).value());
    return;
  }
  log::debug("{}: fetching gave error {}; looking for its leader", Describe(source), code);
  partition.retry_wait = std::clamp(partition.retry_wait * 2, kFirstRetry, kLongestRetry);
  partition.not_before = SteadyClock::now() + partition.retry_wait;
  WantLeaders();
}

void FetchState::Deliver(const FetchParcel& parcel, std::vector<record::RecordBatch> batches, const Status& parsed) {
  std::lock_guard lock(mutex_);
  const TopicPartition& source = parcel.fetched.source;
  held_bytes_ -= parcel.reserved_bytes;
  changed_.notify_all();
  Partition* const partition = Find(source, parcel.life);
  if (partition == nullptr) return;
  --partition->held;
  for (auto& batch : batches) {
    held_bytes_ += static_cast<int64_t>(batch.byte_count);
    ready_.push_back({std::move(batch), std::nullopt});
  }
  if (!parsed) GiveUp(source, *partition, Wrap(parsed.error(), Describe(source)).value());
  arrived_.notify_all();
}

void FetchState::Forsake(const FetchPlan& plan) {
  std::lock_guard lock(mutex_);
  held_bytes_ -= plan.reserved_bytes;
  for (const auto& asked : plan.partitions) {
    Partition* const partition = Find(asked.source, asked.life);
    if (partition == nullptr) continue;
    partition->asked = false;
    if (partition->replica >= 0) LeaveReplica(*partition);
    --partition->held;
  }
  WantLeaders();
  changed_.notify_all();
}

// --- Everybody ------------------------------------------------------------------------------------------------------

void FetchState::GiveUp(const TopicPartition& source, Partition& partition, Error error, int64_t gone) {
  if (partition.failed) return;
  partition.failed = true;
  ready_.push_back({{}, FetchTrouble{source, gone, std::move(error)}});
  arrived_.notify_all();
}

void FetchState::WantLeaders() {
  leaders_wanted_ = true;
  stale_.notify_all();
}

void FetchState::Raise(Error error) {
  std::lock_guard lock(mutex_);
  ready_.push_back({{}, FetchTrouble{std::nullopt, -1, std::move(error)}});
  arrived_.notify_all();
}

void FetchState::Stop() {
  std::lock_guard lock(mutex_);
  stopped_ = true;
  changed_.notify_all();
  stale_.notify_all();
}

bool FetchState::stopped() const {
  std::lock_guard lock(mutex_);
  return stopped_;
}

}  // namespace frazil::source::kafka
