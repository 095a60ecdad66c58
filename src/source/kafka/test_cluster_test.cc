#include "source/kafka/test_cluster.h"

#include <gtest/gtest.h>
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

#include <cstdlib>
#include <stdexcept>
#include <thread>

#include "common/random.h"
#include "source/kafka/client.h"
#include "source/kafka/producer.h"

namespace frazil::source::kafka::testing {
namespace {

constexpr int kWaitMillis = 30000;
constexpr int kPauseMillis = 20;

void Need(bool good, const std::string& what) {
  if (!good) throw std::runtime_error(what);
}
void Need(const Status& status) { Need(status.has_value(), status ? "" : status.error().message); }
void Need(rd_kafka_error_t* error) {
  if (!error) return;
  const std::string what = rd_kafka_error_string(error);
  rd_kafka_error_destroy(error);
  Need(false, what);
}

Owned<rd_kafka_t> NewProducer(const std::string& brokers, const Properties& properties) {
  Owned<rd_kafka_conf_t> conf(rd_kafka_conf_new());
  char why[512];
  Need(rd_kafka_conf_set(conf.get(), "bootstrap.servers", brokers.c_str(), why, sizeof why) == RD_KAFKA_CONF_OK, why);
  for (const auto& [key, value] : properties) {
    Need(rd_kafka_conf_set(conf.get(), key.c_str(), value.c_str(), why, sizeof why) == RD_KAFKA_CONF_OK, why);
  }
  Owned<rd_kafka_t> client(rd_kafka_new(RD_KAFKA_PRODUCER, conf.get(), why, sizeof why));
  Need(client != nullptr, why);
  conf.release();
  return client;
}

Properties With(const TestCluster& cluster, Properties properties) {
  properties.merge(cluster.properties());
  return properties;
}

// "key=value;…" in $FRAZIL_TEST_BROKER_PROPERTIES: what the clients of a secured broker need.
Properties RealProperties() {
  Properties properties;
  const char* text = std::getenv("FRAZIL_TEST_BROKER_PROPERTIES");
  std::string_view rest = text == nullptr ? "" : text;
  while (!rest.empty()) {
    const std::string_view one = rest.substr(0, rest.find(';'));
    const size_t equals = one.find('=');
    properties.emplace(one.substr(0, equals), one.substr(std::min(equals, one.size() - 1) + 1));
    rest.remove_prefix(std::min(one.size() + 1, rest.size()));
  }
  return properties;
}

class RealCluster : public TestCluster {
 public:
  explicit RealCluster(std::string brokers) : brokers_(std::move(brokers)) {}
  std::string brokers() const override { return brokers_; }
  Properties properties() const override { return RealProperties(); }
  std::string CreateTopic(int partitions, const std::map<std::string, std::string>& config,
                          const std::string& wanted) override {
    const std::string name = wanted.empty() ? "t-" + RandomUuid() : wanted;
    auto client = NewProducer(brokers_, properties());
    char why[512];
    auto* topic = rd_kafka_NewTopic_new(name.c_str(), partitions, 1, why, sizeof why);
    for (const auto& [key, value] : config) rd_kafka_NewTopic_set_config(topic, key.c_str(), value.c_str());
    Owned<rd_kafka_queue_t> queue(rd_kafka_queue_new(client.get()));
    rd_kafka_CreateTopics(client.get(), &topic, 1, nullptr, queue.get());
    rd_kafka_NewTopic_destroy(topic);
    Owned<rd_kafka_event_t> event(rd_kafka_queue_poll(queue.get(), kWaitMillis));
    size_t count = 0;
    const auto** results = rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event.get()), &count);
    Need(count == 1 && !rd_kafka_topic_result_error(results[0]), "topic not created");
    AwaitLeaders(client.get(), name, partitions);
    return name;
  }

 private:
  // The broker answers before it knows the new partitions' leaders itself.
  static void AwaitLeaders(rd_kafka_t* client, const std::string& name, int partitions) {
    const std::unique_ptr<rd_kafka_topic_t, decltype(&rd_kafka_topic_destroy)> topic(
        rd_kafka_topic_new(client, name.c_str(), nullptr), &rd_kafka_topic_destroy);
    for (int waited = 0; waited < kWaitMillis; waited += kPauseMillis) {
      const rd_kafka_metadata_t* metadata = nullptr;
      int led = 0;
      const auto code = rd_kafka_metadata(client, /*all_topics=*/0, topic.get(), &metadata, kWaitMillis);
      Need(code == RD_KAFKA_RESP_ERR_NO_ERROR, std::string("no metadata of a new topic: ") + rd_kafka_err2str(code));
      const rd_kafka_metadata_topic_t& told = metadata->topics[0];
      for (int i = 0; i < told.partition_cnt; ++i) led += told.partitions[i].leader >= 0;
      rd_kafka_metadata_destroy(metadata);
      if (led == partitions) return;
      std::this_thread::sleep_for(std::chrono::milliseconds(kPauseMillis));
    }
    Need(false, "the new topic has no leaders");
  }

  const std::string brokers_;
};

class MockCluster : public TestCluster {
 public:
  MockCluster()
      : client_(NewProducer("127.0.0.1:1", {{"client.id", "mock"}, {"log_level", "0"}})),
        mock_(rd_kafka_mock_cluster_new(client_.get(), 1)) {
    rd_kafka_mock_group_initial_rebalance_delay_ms(mock_, 0);
    rd_kafka_mock_set_controller_id(mock_, 1);  // without one, no question about topics is answered
  }
  ~MockCluster() override { rd_kafka_mock_cluster_destroy(mock_); }
  std::string brokers() const override { return rd_kafka_mock_cluster_bootstraps(mock_); }
  std::string CreateTopic(int partitions, const std::map<std::string, std::string>&,
                          const std::string& wanted) override {
    const std::string name = wanted.empty() ? "t-" + RandomUuid() : wanted;
    Need(!rd_kafka_mock_topic_create(mock_, name.c_str(), partitions, 1), "mock topic not created");
    return name;
  }
  void Down() override { rd_kafka_mock_broker_set_down(mock_, 1); }
  void Up() override { rd_kafka_mock_broker_set_up(mock_, 1); }

 private:
  Owned<rd_kafka_t> client_;
  rd_kafka_mock_cluster_t* mock_;
};

}  // namespace

bool TestCluster::HasReal() { return std::getenv("FRAZIL_TEST_BROKERS") != nullptr; }
std::unique_ptr<TestCluster> TestCluster::Real() {
  return std::make_unique<RealCluster>(std::getenv("FRAZIL_TEST_BROKERS"));
}
std::unique_ptr<TestCluster> TestCluster::Mock() { return std::make_unique<MockCluster>(); }

void TestCluster::Produce(const std::string& topic, int32_t partition, int first, int count) {
  auto producer = OpenProducer(brokers(), properties());
  Need(producer.has_value(), producer ? "" : producer.error().message);
  for (int i = first; i < first + count; ++i) {
    const std::string value = std::to_string(i);
    Need((*producer)->Send(topic, {.value = value, .partition = partition}));
  }
  Need((*producer)->Flush());
}

void TestCluster::Produce(const std::string& topic, int32_t partition, const std::vector<TestRecord>& records) {
  auto client = NewProducer(brokers(), With(*this, {{"linger.ms", "1"}}));
  for (const TestRecord& record : records) {
    rd_kafka_headers_t* headers = rd_kafka_headers_new(1);
    for (const auto& [name, value] : record.headers) {
      rd_kafka_header_add(headers, name.c_str(), -1, value ? value->data() : nullptr,
                          value ? static_cast<ssize_t>(value->size()) : 0);
    }
    const auto data = [](const std::optional<std::string>& from) { return from ? from->data() : nullptr; };
    const auto size = [](const std::optional<std::string>& from) { return from ? from->size() : 0; };
    Need(!rd_kafka_producev(client.get(), RD_KAFKA_V_TOPIC(topic.c_str()), RD_KAFKA_V_PARTITION(partition),
                            RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_TIMESTAMP(record.timestamp_ms),
                            RD_KAFKA_V_KEY(data(record.key), size(record.key)),
                            RD_KAFKA_V_VALUE(const_cast<char*>(data(record.value)), size(record.value)),
                            RD_KAFKA_V_HEADERS(headers), RD_KAFKA_V_END),
         "not produced");
  }
  Need(!rd_kafka_flush(client.get(), kWaitMillis), "not flushed");
}

void TestCluster::Transaction(const std::string& topic, int32_t partition, int first, int count, bool commit) {
  OpenTransaction transaction(*this, topic, partition, first, count);
  commit ? transaction.Commit() : transaction.Abort();
}

void TestCluster::AddPartitions(const std::string& topic, int total) {
  auto client = NewProducer(brokers(), properties());
  char why[512];
  auto* more = rd_kafka_NewPartitions_new(topic.c_str(), static_cast<size_t>(total), why, sizeof why);
  Owned<rd_kafka_queue_t> queue(rd_kafka_queue_new(client.get()));
  rd_kafka_CreatePartitions(client.get(), &more, 1, nullptr, queue.get());
  rd_kafka_NewPartitions_destroy(more);
  Owned<rd_kafka_event_t> event(rd_kafka_queue_poll(queue.get(), kWaitMillis));
  Need(event && !rd_kafka_event_error(event.get()), "partitions not added");
}

void TestCluster::DeleteRecords(const std::string& topic, int32_t partition, int64_t before) {
  auto client = NewProducer(brokers(), properties());
  PartitionList list = NewPartitionList(1);
  rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), partition)->offset = before;
  auto* deletion = rd_kafka_DeleteRecords_new(list.get());
  Owned<rd_kafka_queue_t> queue(rd_kafka_queue_new(client.get()));
  rd_kafka_DeleteRecords(client.get(), &deletion, 1, nullptr, queue.get());
  rd_kafka_DeleteRecords_destroy(deletion);
  Owned<rd_kafka_event_t> event(rd_kafka_queue_poll(queue.get(), kWaitMillis));
  Need(event && !rd_kafka_event_error(event.get()), "records not deleted");
}

struct OpenTransaction::Impl {
  explicit Impl(const TestCluster& cluster)
      : brokers(cluster.brokers()),
        conf(With(cluster, {{"transactional.id", RandomUuid()}, {"linger.ms", "5"}})),
        client(NewProducer(brokers, conf)) {
    Need(rd_kafka_init_transactions(client.get(), kWaitMillis));
  }
  // The coordinator tells of an end before its markers are in the partitions, and gives the id to another producer only
  // after.
  void WaitForMarkers() const {
    Owned<rd_kafka_t> next = NewProducer(brokers, conf);
    Need(rd_kafka_init_transactions(next.get(), kWaitMillis));
  }

  std::string brokers;
  Properties conf;
  Owned<rd_kafka_t> client;
};

OpenTransaction::OpenTransaction(const TestCluster& cluster, const std::string& topic, int32_t partition, int first,
                                 int count)
    : impl_(new Impl(cluster)) {
  rd_kafka_t* client = impl_->client.get();
  Need(rd_kafka_begin_transaction(client));
  Owned<rd_kafka_topic_t> to(rd_kafka_topic_new(client, topic.c_str(), nullptr));
  for (int i = first; i < first + count; ++i) {
    std::string value = std::to_string(i);
    Need(!rd_kafka_produce(to.get(), partition, RD_KAFKA_MSG_F_COPY, value.data(), value.size(), nullptr, 0, nullptr),
         "not produced");
  }
  Need(!rd_kafka_flush(client, kWaitMillis), "not flushed");
}
OpenTransaction::~OpenTransaction() = default;
void OpenTransaction::Commit() {
  Need(rd_kafka_commit_transaction(impl_->client.get(), kWaitMillis));
  impl_->WaitForMarkers();
}
void OpenTransaction::Abort() {
  Need(rd_kafka_abort_transaction(impl_->client.get(), kWaitMillis));
  impl_->WaitForMarkers();
}

Result<Positions> Recorder::OnAssigned(const std::vector<TopicPartition>& partitions) {
  Positions answer;
  for (const auto& each : partitions) {
    if (!assigned.emplace(each, true).second) faults.push_back("assigned twice");
    answer[each] = positions.try_emplace(each, start).first->second;
  }
  return answer;
}
void Recorder::OnRevoked(const std::vector<TopicPartition>& partitions) {
  ++revoked;
  for (const auto& each : partitions) assigned.erase(each);
}
void Recorder::OnLost(const std::vector<TopicPartition>& partitions) {
  ++lost;
  for (const auto& each : partitions) assigned.erase(each);
}

void Recorder::Poll(Source& source, std::chrono::milliseconds timeout) {
  auto batches = source.Poll(timeout);
  Need(batches.has_value(), batches ? "" : batches.error().message);
  for (auto& batch : *batches) {
    if (const Status unpacked = batch.Unpack(); !unpacked) faults.push_back(unpacked.error().message);
    if (!assigned.contains(batch.source)) faults.push_back("a batch of a partition that is not ours");
    if (batch.first != positions[batch.source]) {
      faults.push_back(fmt::format("partition {}: a batch starts at {}, expected was {}", batch.source.partition,
                                   batch.first, positions[batch.source]));
    }
    int64_t before = batch.first - 1;
    for (const auto& record : batch.records) {
      if (record.offset <= before || record.offset >= batch.next) faults.push_back("offsets out of order");
      before = record.offset;
      if (!records[batch.source].emplace(record.offset, record.value).second) faults.push_back("a record twice");
    }
    gaps[batch.source] += batch.gaps();
    positions[batch.source] = batch.next;
  }
}

bool Recorder::PollUntil(Source& source, const Positions& ends, int seconds) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(seconds);
  for (;;) {
    bool done = true;
    for (const auto& [partition, end] : ends) {
      const auto position = positions.find(partition);
      done = done && position != positions.end() && position->second >= end;
    }
    if (done) return true;
    if (std::chrono::steady_clock::now() > deadline) return false;
    Poll(source);
  }
}

Options SourceOptions(const TestCluster& cluster, const std::string& topic, const std::string& group) {
  Options options;
  options.brokers = cluster.brokers();
  options.topics = {topic};
  options.group = group;
  options.properties = With(cluster, {{"topic.metadata.refresh.interval.ms", "500"}});
  return options;
}

}  // namespace frazil::source::kafka::testing
