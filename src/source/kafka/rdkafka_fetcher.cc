#include "source/kafka/rdkafka_fetcher.h"

#include <librdkafka/rdkafka.h>

#include <map>
#include <set>
#include <utility>

#include "common/log.h"
#include "common/warn_once.h"
#include "source/kafka/admin.h"
#include "source/kafka/errors.h"
#include "source/kafka/messages.h"
#include "source/kafka/partition_queue.h"

namespace frazil::source::kafka {
namespace {

using record::RecordBatch;
using std::chrono::milliseconds;

constexpr milliseconds kSeekWithin{5000};

// Orders partitions. A lookup needs no std::string.
struct PartitionLess {
  using is_transparent = void;
  using Key = std::pair<std::string_view, int32_t>;
  static Key Of(const TopicPartition& source) { return {source.topic, source.partition}; }
  static Key Of(const Key& key) { return key; }
  template <class A, class B>
  bool operator()(const A& a, const B& b) const {
    return Of(a) < Of(b);
  }
};

class RdkafkaFetcher final : public Fetcher {
 public:
  RdkafkaFetcher(Client& client, const Options& options)
      : client_(client), options_(options), queue_(rd_kafka_queue_get_consumer(client.get())) {}

  void Assign(const Positions& starts) override;
  void Unassign(const std::vector<TopicPartition>& partitions) override;
  std::vector<RecordBatch> Poll(milliseconds timeout) override;
  Status Seek(const Positions& positions) override;
  void Pause() override;
  void Resume() override;
  const std::optional<Fault>& fault() const override { return fault_; }

 private:
  struct Assigned {
    PartitionQueue queue;
    bool failed = false;     // it gave an error, and nothing may come after that
    bool came_back = false;  // revoked and assigned again within one call, so messages of the call may be older
    bool unsure = false;     // such messages came, and were dropped
  };
  using AssignedMap = std::map<TopicPartition, Assigned, PartitionLess>;

  void Collect(milliseconds timeout, Messages& messages);
  void Route(const rd_kafka_message_t& message);
  void RouteError(const rd_kafka_message_t& message);
  Assigned* Find(const rd_kafka_message_t& message);
  void SettleUnsure();
  Status MoveTo(const Positions& positions);
  Status AssignAgain(const Positions& positions);
  PartitionList AllAssigned() const;

  Client& client_;
  const Options& options_;
  const Owned<rd_kafka_queue_t> queue_;
  bool paused_ = false;
  AssignedMap assigned_;
  std::optional<Fault> fault_;

  // State of the current call to librdkafka.
  bool rebalanced_ = false;
  std::set<TopicPartition> taken_;
  std::pair<const rd_kafka_topic_t*, int32_t> last_key_{nullptr, -1};
  Assigned* last_found_ = nullptr;
};

void RdkafkaFetcher::Assign(const Positions& starts) {
  rebalanced_ = true;
  for (const auto& [source, position] : starts) {
    Assigned& entry = assigned_.insert_or_assign(source, Assigned{PartitionQueue(source, position)}).first->second;
    entry.came_back = taken_.contains(source);
  }
  if (paused_) rd_kafka_pause_partitions(client_.get(), ToList(starts).get());
}

void RdkafkaFetcher::Unassign(const std::vector<TopicPartition>& partitions) {
  rebalanced_ = true;
  for (const TopicPartition& source : partitions) {
    if (fault_ && fault_->source == source) fault_.reset();
    taken_.insert(source);
    assigned_.erase(source);
  }
}

std::vector<RecordBatch> RdkafkaFetcher::Poll(milliseconds timeout) {
  Messages messages;
  if (!fault_) Collect(timeout, messages);
  std::vector<RecordBatch> batches;
  BatchLimits limits;
  limits.max_record_bytes = static_cast<size_t>(options_.max_record_bytes);
  for (auto& [source, entry] : assigned_) entry.queue.TakeBatches(limits, options_.want_headers, batches);
  return batches;
}

Status RdkafkaFetcher::Seek(const Positions& positions) {
  FRAZIL_RETURN_IF_ERROR(MoveTo(positions));
  if (fault_ && fault_->source && positions.contains(*fault_->source)) fault_.reset();
  return {};
}

void RdkafkaFetcher::Collect(milliseconds timeout, Messages& messages) {
  do {
    rebalanced_ = false;
    taken_.clear();
    last_key_ = {nullptr, -1};
    const auto chunk = messages.Take(queue_.get(), timeout);
    for (const rd_kafka_message_t* each : chunk) Route(*each);
    if (rebalanced_) SettleUnsure();
    if (auto error = client_.TakeError()) fault_ = Fault{*std::move(error), std::nullopt};
    timeout = milliseconds(0);
    if (chunk.empty()) return;
  } while (!messages.Full() && !rebalanced_ && !fault_);
}

RdkafkaFetcher::Assigned* RdkafkaFetcher::Find(const rd_kafka_message_t& message) {
  if (last_key_ != std::pair<const rd_kafka_topic_t*, int32_t>(message.rkt, message.partition)) {
    last_key_ = {message.rkt, message.partition};
    const char* topic = message.rkt ? rd_kafka_topic_name(message.rkt) : "";
    const auto found = assigned_.find(PartitionLess::Key(topic, message.partition));
    last_found_ = found == assigned_.end() ? nullptr : &found->second;
  }
  return last_found_;
}

void RdkafkaFetcher::Route(const rd_kafka_message_t& message) {
  if (message.err && message.err != RD_KAFKA_RESP_ERR__PARTITION_EOF) return RouteError(message);
  Assigned* entry = Find(message);
  if (!entry || entry->failed) return;
  if (entry->came_back) {
    entry->unsure = true;
  } else if (message.err) {
    entry->queue.ReachedEnd(message.offset);
  } else {
    entry->queue.Add(&message);
  }
}

void RdkafkaFetcher::RouteError(const rd_kafka_message_t& message) {
  const char* why = rd_kafka_message_errstr(&message);
  if (message.err == RD_KAFKA_RESP_ERR__FATAL) {
    char text[512];
    const auto code = rd_kafka_fatal_error(client_.get(), text, sizeof text);
    fault_ =
        Fault{FailWith(code, fmt::format("consumer group {}: the client cannot go on", options_.group), text).value(),
              std::nullopt};
    return;
  }
  if (IsTransient(message.err)) {
    client_.Report(message.err, why);
    return;
  }
  Assigned* entry = Find(message);
  if (message.err == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET || message.err == RD_KAFKA_RESP_ERR__LOG_TRUNCATION) {
    if (!entry || entry->failed || entry->came_back) return;
    entry->failed = true;
    if (fault_) return;
    fault_ = Fault{OffsetGone(client_, entry->queue.source(), entry->queue.position(), why), entry->queue.source()};
    return;
  }
  // With a pattern, a topic may be deleted. The group revokes its partitions as soon as it notices.
  if (!options_.topic_pattern.empty() && KindOf(message.err) == ErrorKind::kNotFound) {
    log::WarnOnce(fmt::format("consumer group {}: {}. Where the topic was deleted, its partitions are given up",
                              options_.group, why));
    return;
  }
  if (entry) entry->failed = true;
  if (fault_) return;
  const std::string what =
      entry ? fmt::format("{} at offset {}", Describe(entry->queue.source()), entry->queue.position())
            : fmt::format("consumer group {} at {}", options_.group, client_.brokers());
  fault_ = Fault{FailWith(message.err, what, why).value(), entry ? std::optional(entry->queue.source()) : std::nullopt};
}

// Handles partitions that were revoked and assigned again during one call. Librdkafka does not say to which assignment
// a message belongs, so these partitions are fetched again.
void RdkafkaFetcher::SettleUnsure() {
  Positions again;
  for (auto& [source, entry] : assigned_) {
    if (entry.unsure) again[source] = entry.queue.position();
    entry.came_back = entry.unsure = false;
  }
  if (again.empty()) return;
  if (auto moved = MoveTo(again); !moved && !fault_) fault_ = Fault{std::move(moved).error(), std::nullopt};
}

Status RdkafkaFetcher::MoveTo(const Positions& positions) {
  if (positions.empty()) return {};
  for (const auto& [source, position] : positions) {
    Assigned& entry = assigned_.find(source)->second;
    entry.queue.Restart(position);
    entry.failed = false;
  }
  const PartitionList list = ToList(positions);
  const Owned<rd_kafka_error_t> error(
      rd_kafka_seek_partitions(client_.get(), list.get(), static_cast<int>(kSeekWithin.count())));
  if (error) {
    return FailWith(rd_kafka_error_code(error.get()), "seeking in Kafka", rd_kafka_error_string(error.get()));
  }
  Positions refused;  // partitions that are not being fetched: not yet, or an error ended it
  for (int i = 0; i < list->cnt; ++i) {
    const auto& each = list->elems[i];
    if (each.err) refused[{each.topic, each.partition}] = each.offset;
  }
  return refused.empty() ? Status{} : AssignAgain(refused);
}

Status RdkafkaFetcher::AssignAgain(const Positions& positions) {
  const std::string_view protocol = rd_kafka_rebalance_protocol(client_.get());
  const PartitionList list = ToList(positions);
  if (protocol == "COOPERATIVE") {
    for (auto call : {rd_kafka_incremental_unassign, rd_kafka_incremental_assign}) {
      if (const Owned<rd_kafka_error_t> error(call(client_.get(), list.get())); error) {
        return FailWith(rd_kafka_error_code(error.get()), "seeking in Kafka", rd_kafka_error_string(error.get()));
      }
    }
  } else {
    Positions all;
    for (const auto& [source, entry] : assigned_) all[source] = entry.queue.position();
    if (const auto code = rd_kafka_assign(client_.get(), ToList(all).get())) {
      return FailWith(code, "seeking in Kafka");
    }
  }
  if (paused_) rd_kafka_pause_partitions(client_.get(), list.get());
  return {};
}

PartitionList RdkafkaFetcher::AllAssigned() const {
  Positions all;
  for (const auto& [source, entry] : assigned_) all[source] = entry.queue.position();
  return ToList(all);
}

void RdkafkaFetcher::Pause() {
  if (std::exchange(paused_, true)) return;
  rd_kafka_pause_partitions(client_.get(), AllAssigned().get());
}

void RdkafkaFetcher::Resume() {
  if (!std::exchange(paused_, false)) return;
  rd_kafka_resume_partitions(client_.get(), AllAssigned().get());
  // Librdkafka would continue after the last record that it returned. That is not always our position, so this seeks.
  Positions all;
  for (const auto& [source, entry] : assigned_) {
    if (!entry.failed) all[source] = entry.queue.position();
  }
  if (auto moved = MoveTo(all); !moved && !fault_) fault_ = Fault{std::move(moved).error(), std::nullopt};
}

}  // namespace

std::unique_ptr<Fetcher> MakeRdkafkaFetcher(Client& client, const Options& options) {
  return std::make_unique<RdkafkaFetcher>(client, options);
}

}  // namespace frazil::source::kafka
