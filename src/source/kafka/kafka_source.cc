#include "source/kafka/kafka_source.h"

#include <librdkafka/rdkafka.h>

#include <set>

#include "common/log.h"
#include "source/kafka/admin.h"
#include "source/kafka/client.h"
#include "source/kafka/errors.h"
#include "source/kafka/group_offsets.h"
#include "source/kafka/messages.h"
#include "source/kafka/partition_queue.h"
#include "source/kafka/sampler.h"
#include "source/kafka/source_config.h"

namespace frazil::source::kafka {
namespace {

using record::RecordBatch;
using std::chrono::milliseconds;
using SteadyClock = std::chrono::steady_clock;

constexpr milliseconds kSeekWithin{5000};

std::string Describe(const TopicPartition& source) {
  return fmt::format("Kafka topic {} partition {}", source.topic, source.partition);
}

std::vector<TopicPartition> FromList(const rd_kafka_topic_partition_list_t* list) {
  std::vector<TopicPartition> partitions;
  for (int i = 0; list && i < list->cnt; ++i) partitions.push_back({list->elems[i].topic, list->elems[i].partition});
  return partitions;
}

// Order of partitions that can be asked without making a string.
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

class KafkaSource final : public Source {
 public:
  explicit KafkaSource(const Options& options) : options_(options) {}
  ~KafkaSource() override {
    listener_ = nullptr;  // may be gone: closing the client calls nobody
  }

  Status Open();

  Result<std::string> ClusterId() override { return kafka::ClusterId(*client_); }
  Result<std::string> TopicId(const std::string& topic) override {
    FRAZIL_ASSIGN_OR_RETURN(auto description, DescribeTopic(*client_, topic));
    return description.id;
  }
  Result<std::vector<TopicPartition>> Partitions() override;
  Result<Positions> ResolveStart(const std::vector<TopicPartition>& partitions, const StartAt& start) override;
  Result<Positions> EndOffsets(const std::vector<TopicPartition>& partitions) override {
    return ListOffsets(*client_, partitions, kLogEnd, options_.read_committed);
  }
  Result<RecordBatch> ReadSample(const TopicPartition& partition, int64_t from, int max_records) override;

  Status Start(AssignmentListener* listener) override;
  Result<std::vector<RecordBatch>> Poll(milliseconds timeout) override;
  Status Seek(const Positions& positions) override;
  void Pause() override;
  void Resume() override;

  void StoreGroupOffsets(const Positions& positions) override { group_offsets_->Store(positions); }
  Status FlushGroupOffsets() override { return group_offsets_->Flush(); }
  Result<Positions> GroupOffsets(const std::vector<TopicPartition>& partitions) override {
    return group_offsets_->Read(partitions);
  }
  Result<bool> GroupIsLive() override;
  Status Stop() override;

 private:
  struct Assigned {
    PartitionQueue queue;
    bool failed = false;     // gave an error: nothing may come after it
    bool came_back = false;  // was taken and given again within one call: what the call brought may be from before
    bool unsure = false;     // such messages came
  };
  using AssignedMap = std::map<TopicPartition, Assigned, PartitionLess>;

  void OnRebalance(int code, const rd_kafka_topic_partition_list_t* list);
  void OnAssign(const std::vector<TopicPartition>& partitions, bool cooperative);
  void OnUnassign(const std::vector<TopicPartition>& partitions, bool cooperative);
  void Collect(milliseconds timeout, Messages& messages);
  void Route(const rd_kafka_message_t& message);
  void RouteError(const rd_kafka_message_t& message);
  Assigned* Find(const rd_kafka_message_t& message);
  void SettleUnsure();
  Status MoveTo(const Positions& positions);
  Status AssignAgain(const Positions& positions);
  void Check(rd_kafka_error_t* error, std::string_view what);
  PartitionList AllAssigned() const;

  const Options options_;
  std::unique_ptr<Client> client_;
  Owned<rd_kafka_queue_s> queue_;
  std::unique_ptr<kafka::GroupOffsets> group_offsets_;
  std::unique_ptr<Sampler> sampler_;

  AssignmentListener* listener_ = nullptr;  // null before Start and after Stop
  bool paused_ = false;
  AssignedMap assigned_;

  // What Poll returns until Seek or losing the partition mends it; without a partition nothing does.
  std::optional<Error> error_;
  std::optional<TopicPartition> error_of_;

  // Of the call to librdkafka that is going on.
  bool rebalanced_ = false;
  std::set<TopicPartition> taken_;
  std::pair<const rd_kafka_topic_t*, int32_t> last_key_{nullptr, -1};
  Assigned* last_found_ = nullptr;
};

Status KafkaSource::Open() {
  if (options_.topics.empty() == options_.topic_pattern.empty()) {
    return Fail(ErrorKind::kInvalidArgument, "Kafka source: give either topics or a topic pattern");
  }
  if (options_.group.empty()) return Fail(ErrorKind::kInvalidArgument, "Kafka source: the consumer group has no name");
  ClientConfig config = SourceConfig(options_);
  config.on_rebalance = [this](int code, rd_kafka_topic_partition_list_t* list) { OnRebalance(code, list); };
  FRAZIL_ASSIGN_OR_RETURN(client_, Client::Open(std::move(config)));
  queue_.reset(rd_kafka_queue_get_consumer(client_->get()));
  group_offsets_ = std::make_unique<kafka::GroupOffsets>(*client_);
  return {};
}

Result<std::vector<TopicPartition>> KafkaSource::Partitions() {
  std::vector<std::string> topics = options_.topics;
  if (!options_.topic_pattern.empty()) {
    FRAZIL_ASSIGN_OR_RETURN(topics, MatchingTopics(*client_, WholeNamePattern(options_.topic_pattern)));
    if (topics.empty()) {
      return Fail(ErrorKind::kNotFound,
                  "no Kafka topic at {} matches the pattern {} (it must match the whole name). Create one first, or "
                  "change the pattern",
                  client_->brokers(), options_.topic_pattern);
    }
  }
  std::vector<TopicPartition> partitions;
  for (const std::string& topic : topics) {
    FRAZIL_ASSIGN_OR_RETURN(auto description, DescribeTopic(*client_, topic));
    for (int32_t i = 0; i < description.partitions; ++i) partitions.push_back({topic, i});
  }
  return partitions;
}

Result<Positions> KafkaSource::ResolveStart(const std::vector<TopicPartition>& partitions, const StartAt& start) {
  switch (start.kind) {
    case StartAt::Kind::kEarliest:
      return ListOffsets(*client_, partitions, kLogStart, options_.read_committed);
    case StartAt::Kind::kLatest:
      return EndOffsets(partitions);
    case StartAt::Kind::kTimestamp:
      break;
  }
  if (start.timestamp_ms < 0) {
    return Fail(ErrorKind::kInvalidArgument, "start timestamp {} ms lies before 1970", start.timestamp_ms);
  }
  FRAZIL_ASSIGN_OR_RETURN(auto positions,
                          ListOffsets(*client_, partitions, start.timestamp_ms, options_.read_committed));
  std::vector<TopicPartition> beyond;
  for (const auto& [source, offset] : positions) {
    if (offset < 0) beyond.push_back(source);
  }
  FRAZIL_ASSIGN_OR_RETURN(const auto ends, EndOffsets(beyond));
  for (const auto& [source, offset] : ends) positions[source] = offset;
  return positions;
}

Result<RecordBatch> KafkaSource::ReadSample(const TopicPartition& partition, int64_t from, int max_records) {
  if (!sampler_) {
    FRAZIL_ASSIGN_OR_RETURN(sampler_, Sampler::Open(options_));
  }
  return sampler_->Read(partition, from, max_records);
}

Result<bool> KafkaSource::GroupIsLive() {
  std::string own;
  if (char* id = listener_ ? rd_kafka_memberid(client_->get()) : nullptr) {
    own = id;
    rd_kafka_mem_free(client_->get(), id);
  }
  return GroupHasOthers(*client_, options_.group, own);
}

Status KafkaSource::Start(AssignmentListener* listener) {
  sampler_.reset();
  listener_ = listener;
  client_->RedirectToConsumerQueue();
  PartitionList topics = NewPartitionList(1);
  for (const std::string& topic : options_.topics) {
    rd_kafka_topic_partition_list_add(topics.get(), topic.c_str(), RD_KAFKA_PARTITION_UA);
  }
  if (!options_.topic_pattern.empty()) {
    rd_kafka_topic_partition_list_add(topics.get(), WholeNamePattern(options_.topic_pattern).c_str(),
                                      RD_KAFKA_PARTITION_UA);
  }
  if (const auto code = rd_kafka_subscribe(client_->get(), topics.get())) {
    return FailWith(code, fmt::format("joining consumer group {} at {}", options_.group, client_->brokers()));
  }
  return {};
}

Status KafkaSource::Stop() {
  if (!listener_) return {};
  const auto code = rd_kafka_consumer_close(client_->get());  // revokes by way of OnRebalance
  listener_ = nullptr;
  assigned_.clear();
  group_offsets_->Close();
  if (code) return FailWith(code, fmt::format("leaving consumer group {}", options_.group));
  return {};
}

// --- Membership -----------------------------------------------------------------------------------------------------

void KafkaSource::OnRebalance(int code, const rd_kafka_topic_partition_list_t* list) {
  rebalanced_ = true;
  const auto partitions = FromList(list);
  const bool cooperative = std::string_view(rd_kafka_rebalance_protocol(client_->get())) == "COOPERATIVE";
  switch (code) {
    case RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS:
      return OnAssign(partitions, cooperative);
    case RD_KAFKA_RESP_ERR__REVOKE_PARTITIONS:
      return OnUnassign(partitions, cooperative);
    default:
      error_ = FailWith(code, fmt::format("rebalance of consumer group {}", options_.group)).value();
      error_of_.reset();
      rd_kafka_assign(client_->get(), nullptr);
  }
}

void KafkaSource::OnAssign(const std::vector<TopicPartition>& partitions, bool cooperative) {
  Positions positions;
  if (listener_ && !partitions.empty() && !error_) {
    auto answer = listener_->OnAssigned(partitions);
    if (answer) {
      positions = *std::move(answer);
    } else {
      error_ = std::move(answer).error();
      error_of_.reset();
    }
  }
  Positions starts;
  for (const TopicPartition& source : partitions) {
    if (error_ || !listener_) break;
    const auto position = positions.find(source);
    if (position == positions.end() || position->second < 0) {
      error_ =
          Fail(ErrorKind::kInternal, "{} was assigned but has no position to start from", Describe(source)).value();
      error_of_.reset();
      break;
    }
    starts.insert(*position);
  }
  // After an error nothing is read any more, yet the rebalance has to be answered.
  if (error_ && !error_of_) starts.clear();
  for (const auto& [source, position] : starts) {
    Assigned& entry = assigned_.insert_or_assign(source, Assigned{PartitionQueue(source, position)}).first->second;
    entry.came_back = taken_.contains(source);
    log::info("{}: assigned, reading from offset {}", Describe(source), position);
  }
  const PartitionList list = ToList(starts);
  if (cooperative) {
    Check(rd_kafka_incremental_assign(client_->get(), list.get()), "taking assigned partitions");
  } else if (const auto code = rd_kafka_assign(client_->get(), list.get())) {
    Check(rd_kafka_error_new(code, "%s", rd_kafka_err2str(code)), "taking assigned partitions");
  }
  if (paused_) rd_kafka_pause_partitions(client_->get(), list.get());
}

void KafkaSource::OnUnassign(const std::vector<TopicPartition>& partitions, bool cooperative) {
  std::vector<TopicPartition> ours;
  for (const TopicPartition& source : partitions) {
    if (assigned_.contains(source)) ours.push_back(source);
  }
  const bool lost = rd_kafka_assignment_lost(client_->get());
  if (!ours.empty())
    log::info("consumer group {}: {} partitions {}", options_.group, ours.size(), lost ? "lost" : "revoked");
  if (listener_ && !ours.empty()) {
    if (lost) {
      listener_->OnLost(ours);
    } else {
      listener_->OnRevoked(ours);
    }
  }
  for (const TopicPartition& source : ours) {
    if (error_of_ == source) {
      error_.reset();
      error_of_.reset();
    }
    taken_.insert(source);
    assigned_.erase(source);
  }
  if (cooperative) {
    Check(rd_kafka_incremental_unassign(client_->get(), ToList(ours).get()), "giving up revoked partitions");
  } else {
    rd_kafka_assign(client_->get(), nullptr);
  }
}

void KafkaSource::Check(rd_kafka_error_t* error, std::string_view what) {
  if (!error) return;
  const Owned<rd_kafka_error_t> owned(error);
  error_ = FailWith(rd_kafka_error_code(error), fmt::format("consumer group {}: {}", options_.group, what),
                    rd_kafka_error_string(error))
               .value();
  error_of_.reset();
}

// --- Fetching -------------------------------------------------------------------------------------------------------

Result<std::vector<RecordBatch>> KafkaSource::Poll(milliseconds timeout) {
  if (!listener_) return Fail(ErrorKind::kInternal, "Kafka source: polled while it is not started");
  group_offsets_->Serve();
  Messages messages;
  if (!error_) Collect(timeout, messages);
  std::vector<RecordBatch> batches;
  for (auto& [source, entry] : assigned_) entry.queue.TakeBatches({}, options_.want_headers, batches);
  if (batches.empty() && error_) return tl::unexpected<Error>(*error_);
  return batches;
}

void KafkaSource::Collect(milliseconds timeout, Messages& messages) {
  do {
    rebalanced_ = false;
    taken_.clear();
    last_key_ = {nullptr, -1};
    const auto chunk = messages.Take(queue_.get(), timeout);
    for (const rd_kafka_message_t* each : chunk) Route(*each);
    if (rebalanced_) SettleUnsure();
    if (auto error = client_->TakeError()) {
      error_ = std::move(error);
      error_of_.reset();
    }
    timeout = milliseconds(0);
    if (chunk.empty()) return;
  } while (!messages.Full() && !rebalanced_ && !error_);
}

KafkaSource::Assigned* KafkaSource::Find(const rd_kafka_message_t& message) {
  if (last_key_ != std::pair<const rd_kafka_topic_t*, int32_t>(message.rkt, message.partition)) {
    last_key_ = {message.rkt, message.partition};
    const char* topic = message.rkt ? rd_kafka_topic_name(message.rkt) : "";
    const auto found = assigned_.find(PartitionLess::Key(topic, message.partition));
    last_found_ = found == assigned_.end() ? nullptr : &found->second;
  }
  return last_found_;
}

void KafkaSource::Route(const rd_kafka_message_t& message) {
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

void KafkaSource::RouteError(const rd_kafka_message_t& message) {
  const char* why = rd_kafka_message_errstr(&message);
  if (message.err == RD_KAFKA_RESP_ERR__FATAL) {
    char text[512];
    const auto code = rd_kafka_fatal_error(client_->get(), text, sizeof text);
    Check(rd_kafka_error_new(code, "%s", text), "the client cannot go on");
    return;
  }
  if (IsTransient(message.err)) {
    client_->Report(message.err, why);
    return;
  }
  Assigned* entry = Find(message);
  if (message.err == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET || message.err == RD_KAFKA_RESP_ERR__LOG_TRUNCATION) {
    if (!entry || entry->failed || entry->came_back) return;
    entry->failed = true;
    if (error_) return;
    error_ = OffsetGone(*client_, entry->queue.source(), entry->queue.position(), why);
    error_of_ = entry->queue.source();
    return;
  }
  if (entry) entry->failed = true;
  if (error_) return;
  error_of_ = entry ? std::optional(entry->queue.source()) : std::nullopt;
  const std::string what =
      entry ? fmt::format("{} at offset {}", Describe(entry->queue.source()), entry->queue.position())
            : fmt::format("consumer group {} at {}", options_.group, client_->brokers());
  error_ = FailWith(message.err, what, why).value();
}

// Partitions that left and came back while messages were taken: librdkafka does not say from which time a message is,
// so they are fetched again.
void KafkaSource::SettleUnsure() {
  Positions again;
  for (auto& [source, entry] : assigned_) {
    if (entry.unsure) again[source] = entry.queue.position();
    entry.came_back = entry.unsure = false;
  }
  if (again.empty()) return;
  if (auto moved = MoveTo(again); !moved && !error_) error_ = std::move(moved).error();
}

Status KafkaSource::Seek(const Positions& positions) {
  for (const auto& [source, position] : positions) {
    if (!assigned_.contains(source)) {
      return Fail(ErrorKind::kInvalidArgument, "{}: cannot seek, it is not assigned to this process", Describe(source));
    }
  }
  FRAZIL_RETURN_IF_ERROR(MoveTo(positions));
  if (error_of_ && positions.contains(*error_of_)) {
    error_.reset();
    error_of_.reset();
  }
  return {};
}

Status KafkaSource::MoveTo(const Positions& positions) {
  if (positions.empty()) return {};
  for (const auto& [source, position] : positions) {
    Assigned& entry = assigned_.find(source)->second;
    entry.queue.Restart(position);
    entry.failed = false;
  }
  const PartitionList list = ToList(positions);
  const Owned<rd_kafka_error_t> error(
      rd_kafka_seek_partitions(client_->get(), list.get(), static_cast<int>(kSeekWithin.count())));
  if (error) {
    return FailWith(rd_kafka_error_code(error.get()), "seeking in Kafka", rd_kafka_error_string(error.get()));
  }
  Positions refused;  // fetching had not begun there, or an error had ended it
  for (int i = 0; i < list->cnt; ++i) {
    const auto& each = list->elems[i];
    if (each.err) refused[{each.topic, each.partition}] = each.offset;
  }
  return refused.empty() ? Status{} : AssignAgain(refused);
}

Status KafkaSource::AssignAgain(const Positions& positions) {
  const std::string_view protocol = rd_kafka_rebalance_protocol(client_->get());
  const PartitionList list = ToList(positions);
  if (protocol == "COOPERATIVE") {
    for (auto call : {rd_kafka_incremental_unassign, rd_kafka_incremental_assign}) {
      if (const Owned<rd_kafka_error_t> error(call(client_->get(), list.get())); error) {
        return FailWith(rd_kafka_error_code(error.get()), "seeking in Kafka", rd_kafka_error_string(error.get()));
      }
    }
  } else {
    Positions all;
    for (const auto& [source, entry] : assigned_) all[source] = entry.queue.position();
    if (const auto code = rd_kafka_assign(client_->get(), ToList(all).get())) {
      return FailWith(code, "seeking in Kafka");
    }
  }
  if (paused_) rd_kafka_pause_partitions(client_->get(), list.get());
  return {};
}

PartitionList KafkaSource::AllAssigned() const {
  Positions all;
  for (const auto& [source, entry] : assigned_) all[source] = entry.queue.position();
  return ToList(all);
}

void KafkaSource::Pause() {
  if (std::exchange(paused_, true)) return;
  rd_kafka_pause_partitions(client_->get(), AllAssigned().get());
}

void KafkaSource::Resume() {
  if (!std::exchange(paused_, false)) return;
  rd_kafka_resume_partitions(client_->get(), AllAssigned().get());
  // librdkafka would go on after the last record it handed out, which is not always where we stand.
  Positions all;
  for (const auto& [source, entry] : assigned_) {
    if (!entry.failed) all[source] = entry.queue.position();
  }
  if (auto moved = MoveTo(all); !moved && !error_) error_ = std::move(moved).error();
}

}  // namespace

Result<std::unique_ptr<Source>> OpenKafkaSource(const Options& options) {
  auto source = std::make_unique<KafkaSource>(options);
  FRAZIL_RETURN_IF_ERROR(source->Open());
  return source;
}

}  // namespace frazil::source::kafka
