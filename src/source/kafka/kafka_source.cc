#include "source/kafka/kafka_source.h"

#include <librdkafka/rdkafka.h>

#include <algorithm>
#include <set>
#include <utility>

#include "common/log.h"
#include "common/system/thread.h"
#include "source/kafka/admin.h"
#include "source/kafka/client.h"
#include "source/kafka/errors.h"
#include "source/kafka/fetcher.h"
#include "source/kafka/group_offsets.h"
#include "source/kafka/producer.h"
#include "source/kafka/sampler.h"
#include "source/kafka/source_config.h"
#include "source/kafka/stretch_reader.h"

namespace frazil::source::kafka {
namespace {

using record::RecordBatch;
using std::chrono::milliseconds;

constexpr std::string_view kAnnounces = "frazil/";

std::vector<TopicPartition> FromList(const rd_kafka_topic_partition_list_t* list) {
  std::vector<TopicPartition> partitions;
  for (int i = 0; list && i < list->cnt; ++i) partitions.push_back({list->elems[i].topic, list->elems[i].partition});
  return partitions;
}

class KafkaSource final : public Source, private Group, private Topics {
 public:
  explicit KafkaSource(const Options& options) : options_(options) {}
  ~KafkaSource() override {
    listener_ = nullptr;  // it may be gone, and closing the client must not call it
    leaving_ = true;
    fetcher_.reset();
    group_offsets_.reset();
    client_.reset();  // leaves the group if Stop did not, so the members that OnRebalance uses must still exist
  }

  Status Open();

  Result<std::string> ClusterId() override { return kafka::ClusterId(*client_); }
  Result<std::vector<TopicPartition>> Streams() override;
  Result<Positions> ResolveStart(const std::vector<TopicPartition>& partitions, const StartAt& start) override;
  Result<Positions> EndOffsets(const std::vector<TopicPartition>& partitions) override {
    return MayBeGone(ListOffsets(*client_, partitions, kLogEnd, options_.read_committed));
  }
  Result<std::vector<RecordBatch>> ReadSample(const Positions& from, int max_records) override;
  Status ReadBetween(const Positions& from, const Positions& until, const Take& take) override {
    return ReadStretches(options_, from, until, take);
  }

  Status Start(AssignmentListener* listener) override;
  Result<std::vector<RecordBatch>> Poll(milliseconds timeout) override;
  Status Seek(const Positions& positions) override;
  void Pause() override { fetcher_->Pause(); }
  void Resume() override { fetcher_->Resume(); }

  Status Stop() override;

  Group* group() override { return this; }
  Topics* topics() override { return this; }

 private:
  Status AnnounceSink(const std::string& sink) override;
  Result<std::vector<std::string>> OtherSinks(const std::string& sink) override;
  Result<bool> IsLive() override;
  void Store(const Positions& positions) override { group_offsets_->Store(positions); }
  Status Flush() override { return group_offsets_->Flush(); }
  Result<Positions> Stored(const std::vector<TopicPartition>& partitions) override {
    return group_offsets_->Read(partitions);
  }

  Result<std::string> TopicId(const std::string& topic) override {
    auto described = DescribeTopic(*client_, topic);
    if (matched_.contains(topic)) described = MayBeGone(std::move(described));
    FRAZIL_RETURN_IF_ERROR(described);
    return described->id;
  }
  Result<bool> IsCompacted(const std::string& topic) override { return kafka::IsCompacted(*client_, topic); }
  Result<std::unique_ptr<Producer>> OpenProducer() override {
    return kafka::OpenProducer(options_.brokers, options_.properties);
  }

  // With a pattern, topics may disappear at any time. That is kUnavailable, not kNotFound: the group notices it, and a
  // new start finds the topics that exist then.
  template <class T>
  Result<T> MayBeGone(Result<T> answer) const {
    if (answer || options_.topic_pattern.empty() || answer.error().kind != ErrorKind::kNotFound) return answer;
    return Fail(ErrorKind::kUnavailable, "{} (it was there when the topics were looked for)", answer.error().message);
  }
  Status OpenClient();
  void OnRebalance(int code, const rd_kafka_topic_partition_list_t* list);
  void OnAssign(const std::vector<TopicPartition>& partitions, bool cooperative);
  void OnUnassign(const std::vector<TopicPartition>& partitions, bool cooperative);
  void OnLeave();
  void TakeAway(const std::vector<TopicPartition>& partitions);
  void Check(rd_kafka_error_t* error, std::string_view what);

  const Options options_;
  std::string announced_;  // the client.id that tells what this member feeds
  std::unique_ptr<Client> client_;
  std::unique_ptr<kafka::GroupOffsets> group_offsets_;

  AssignmentListener* listener_ = nullptr;  // null before Start and after Stop
  std::unique_ptr<Fetcher> fetcher_;        // from Start on
  std::set<TopicPartition> assigned_;
  std::set<std::string> matched_;  // topics that the pattern has matched
  bool leaving_ = false;           // the group is being left, so everything assigned is given up
  bool answered_ = false;          // a rebalance was answered while leaving
  std::optional<Error> error_;     // an error of the group, which nothing mends
};

Status KafkaSource::Open() {
  if (options_.topics.empty() == options_.topic_pattern.empty()) {
    return Fail(ErrorKind::kInvalidArgument, "Kafka source: give either topics or a topic pattern");
  }
  if (options_.group.empty()) return Fail(ErrorKind::kInvalidArgument, "Kafka source: the consumer group has no name");
  return OpenClient();
}

Status KafkaSource::OpenClient() {
  ClientConfig config = SourceConfig(options_);
  if (!announced_.empty()) config.defaults["client.id"] = announced_;
  group_offsets_.reset();
  // C code calls this, so no exception may leave it.
  config.on_rebalance = [this](int code, rd_kafka_topic_partition_list_t* list) {
    const Status done = OrThrown("taking or giving up partitions", [&]() -> Status {
      OnRebalance(code, list);
      return {};
    });
    if (done) return;
    error_ = done.error();
    rd_kafka_assign(client_->get(), nullptr);
  };
  FRAZIL_ASSIGN_OR_RETURN(client_, Client::Open(std::move(config)));
  group_offsets_ = std::make_unique<kafka::GroupOffsets>(*client_);
  return {};
}

Result<std::vector<TopicPartition>> KafkaSource::Streams() {
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
    const auto description = DescribeTopic(*client_, topic);
    const bool gone = !description && description.error().kind == ErrorKind::kNotFound;
    if (gone && !options_.topic_pattern.empty()) continue;  // it was deleted after the pattern was matched
    FRAZIL_RETURN_IF_ERROR(description);
    if (!options_.topic_pattern.empty()) matched_.insert(topic);
    for (int32_t i = 0; i < description->partitions; ++i) partitions.push_back({topic, i});
  }
  return partitions;
}

Result<Positions> KafkaSource::ResolveStart(const std::vector<TopicPartition>& partitions, const StartAt& start) {
  switch (start.kind) {
    case StartAt::Kind::kEarliest:
      return MayBeGone(ListOffsets(*client_, partitions, kLogStart, options_.read_committed));
    case StartAt::Kind::kLatest:
      return EndOffsets(partitions);
    case StartAt::Kind::kTimestamp:
      break;
  }
  if (start.timestamp_ms < 0) {
    return Fail(ErrorKind::kInvalidArgument, "start timestamp {} ms lies before 1970", start.timestamp_ms);
  }
  FRAZIL_ASSIGN_OR_RETURN(auto positions,
                          MayBeGone(ListOffsets(*client_, partitions, start.timestamp_ms, options_.read_committed)));
  std::vector<TopicPartition> beyond;
  for (const auto& [source, offset] : positions) {
    if (offset < 0) beyond.push_back(source);
  }
  FRAZIL_ASSIGN_OR_RETURN(const auto ends, EndOffsets(beyond));
  for (const auto& [source, offset] : ends) positions[source] = offset;
  return positions;
}

Result<std::vector<RecordBatch>> KafkaSource::ReadSample(const Positions& from, int max_records) {
  FRAZIL_ASSIGN_OR_RETURN(const Positions ends, EndOffsets(StreamsOf(from)));
  return kafka::ReadSample(options_, from, ends, max_records);
}

Result<bool> KafkaSource::IsLive() {
  std::string own;
  if (char* id = listener_ ? rd_kafka_memberid(client_->get()) : nullptr) {
    own = id;
    rd_kafka_mem_free(client_->get(), id);
  }
  FRAZIL_ASSIGN_OR_RETURN(const auto members, GroupMembers(*client_, options_.group));
  return std::any_of(members.begin(), members.end(), [&](const GroupMember& member) { return member.id != own; });
}

// Other members can see a member's client.id. A client cannot change its client.id, so this opens a new client.
Status KafkaSource::AnnounceSink(const std::string& sink) {
  if (options_.properties.contains("client.id")) return {};
  announced_ = std::string(kAnnounces) + sink;
  return OpenClient();
}

Result<std::vector<std::string>> KafkaSource::OtherSinks(const std::string& sink) {
  FRAZIL_ASSIGN_OR_RETURN(const auto members, GroupMembers(*client_, options_.group));
  std::set<std::string> others;
  for (const GroupMember& member : members) {
    if (!member.client_id.starts_with(kAnnounces)) continue;
    const std::string theirs = member.client_id.substr(kAnnounces.size());
    if (theirs != sink)
      others.insert(fmt::format("{} (group {}, a process at {})", theirs, options_.group, member.host));
  }
  return std::vector<std::string>(others.begin(), others.end());
}

Status KafkaSource::Start(AssignmentListener* listener) {
  listener_ = listener;
  fetcher_ = OpenFetcher(*client_, options_);
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
  leaving_ = true;
  const auto code = rd_kafka_consumer_close(client_->get());  // calls OnRebalance, which revokes
  listener_ = nullptr;
  fetcher_.reset();
  assigned_.clear();
  group_offsets_->Close();
  if (code) return FailWith(code, fmt::format("leaving consumer group {}", options_.group));
  return {};
}

// --- Membership -----------------------------------------------------------------------------------------------------

void KafkaSource::OnRebalance(int code, const rd_kafka_topic_partition_list_t* list) {
  if (leaving_) return OnLeave();
  const auto partitions = FromList(list);
  const char* protocol = rd_kafka_rebalance_protocol(client_->get());
  const bool cooperative = protocol != nullptr && std::string_view(protocol) == "COOPERATIVE";
  switch (code) {
    case RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS:
      return OnAssign(partitions, cooperative);
    case RD_KAFKA_RESP_ERR__REVOKE_PARTITIONS:
      return OnUnassign(partitions, cooperative);
    default:
      error_ = FailWith(code, fmt::format("rebalance of consumer group {}", options_.group)).value();
      rd_kafka_assign(client_->get(), nullptr);
  }
}

void KafkaSource::OnAssign(const std::vector<TopicPartition>& partitions, bool cooperative) {
  if (!options_.topic_pattern.empty()) {
    for (const TopicPartition& source : partitions) matched_.insert(source.topic);
  }
  Positions positions;
  if (listener_ && !partitions.empty() && !error_) {
    auto answer = listener_->OnAssigned(partitions);
    if (answer) {
      positions = *std::move(answer);
    } else {
      error_ = std::move(answer).error();
    }
  }
  Positions starts;
  for (const TopicPartition& source : partitions) {
    if (error_ || !listener_) break;
    const auto position = positions.find(source);
    if (position == positions.end() || position->second < 0) {
      error_ =
          Fail(ErrorKind::kInternal, "{} was assigned but has no position to start from", Describe(source)).value();
      break;
    }
    starts.insert(*position);
  }
  // After an error nothing is read, but the rebalance must still be answered.
  if (error_) starts.clear();
  for (const auto& [source, position] : starts) {
    assigned_.insert(source);
    log::info("{}: assigned, reading from offset {}", Describe(source), position);
  }
  const PartitionList list = ToList(starts);
  if (cooperative) {
    Check(rd_kafka_incremental_assign(client_->get(), list.get()), "taking assigned partitions");
  } else if (const auto code = rd_kafka_assign(client_->get(), list.get())) {
    Check(rd_kafka_error_new(code, "%s", rd_kafka_err2str(code)), "taking assigned partitions");
  }
  if (fetcher_) fetcher_->Assign(starts);
}

void KafkaSource::OnUnassign(const std::vector<TopicPartition>& partitions, bool cooperative) {
  std::vector<TopicPartition> ours;
  for (const TopicPartition& source : partitions) {
    if (assigned_.contains(source)) ours.push_back(source);
  }
  TakeAway(ours);
  if (cooperative) {
    Check(rd_kafka_incremental_unassign(client_->get(), ToList(ours).get()), "giving up revoked partitions");
  } else {
    rd_kafka_assign(client_->get(), nullptr);
  }
}

// While the group is being left, every answer gives up all partitions. An assignment from before and the revocation may
// both wait for an answer. Librdkafka wants one answer only: after it has left, it silently drops further calls, and a
// second answer would wait for ever (as of librdkafka 2.15).
void KafkaSource::OnLeave() {
  TakeAway({assigned_.begin(), assigned_.end()});
  if (!std::exchange(answered_, true)) rd_kafka_assign(client_->get(), nullptr);
}

void KafkaSource::TakeAway(const std::vector<TopicPartition>& partitions) {
  if (partitions.empty()) return;
  const bool lost = rd_kafka_assignment_lost(client_->get());
  log::info("consumer group {}: {} partitions {}", options_.group, partitions.size(), lost ? "lost" : "revoked");
  if (listener_) {
    if (lost) {
      listener_->OnLost(partitions);
    } else {
      listener_->OnRevoked(partitions);
    }
  }
  for (const TopicPartition& source : partitions) assigned_.erase(source);
  if (fetcher_) fetcher_->Unassign(partitions);
}

void KafkaSource::Check(rd_kafka_error_t* error, std::string_view what) {
  if (!error) return;
  const Owned<rd_kafka_error_t> owned(error);
  error_ = FailWith(rd_kafka_error_code(error), fmt::format("consumer group {}: {}", options_.group, what),
                    rd_kafka_error_string(error))
               .value();
}

// --- Fetching -------------------------------------------------------------------------------------------------------

Result<std::vector<RecordBatch>> KafkaSource::Poll(milliseconds timeout) {
  if (!listener_) return Fail(ErrorKind::kInternal, "Kafka source: polled while it is not started");
  group_offsets_->Serve();
  std::vector<RecordBatch> batches;
  if (!error_) batches = fetcher_->Poll(timeout);
  if (!batches.empty()) return batches;
  if (error_) return tl::unexpected<Error>(*error_);
  if (fetcher_->fault()) return tl::unexpected<Error>(fetcher_->fault()->error);
  return batches;
}

Status KafkaSource::Seek(const Positions& positions) {
  for (const auto& [source, position] : positions) {
    if (!assigned_.contains(source)) {
      return Fail(ErrorKind::kInvalidArgument, "{}: cannot seek, it is not assigned to this process", Describe(source));
    }
  }
  return positions.empty() ? Status{} : fetcher_->Seek(positions);
}

}  // namespace

Result<std::unique_ptr<Source>> OpenKafkaSource(const Options& options) {
  auto source = std::make_unique<KafkaSource>(options);
  FRAZIL_RETURN_IF_ERROR(source->Open());
  return source;
}

}  // namespace frazil::source::kafka
