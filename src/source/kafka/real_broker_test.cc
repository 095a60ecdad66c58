// What only a real broker can show: transactions, compaction, deleted records, groups of several members.
// Skipped unless FRAZIL_TEST_BROKERS is set; tests/conformance/source_test.py sets it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <mutex>
#include <thread>

#include "common/random.h"
#include "source/kafka/kafka_source.h"
#include "source/kafka/producer.h"
#include "source/kafka/sample_producer.h"
#include "source/kafka/test_cluster.h"

namespace frazil::source::kafka {
namespace {

using std::chrono::milliseconds;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::OpenTransaction;
using testing::Recorder;
using testing::Sample;
using testing::SourceOptions;
using testing::TestCluster;

std::unique_ptr<Source> Open(const Options& options) {
  auto source = OpenKafkaSource(options);
  if (!source) throw std::runtime_error(source.error().message);
  return *std::move(source);
}

std::string NameOf(Door door) { return door == Door::kNative ? "native" : "librdkafka"; }

class RealBrokerTest : public ::testing::TestWithParam<Door> {
 protected:
  void SetUp() override {
    if (!TestCluster::HasReal()) GTEST_SKIP() << "FRAZIL_TEST_BROKERS is not set";
    cluster_ = TestCluster::Real();
  }
  Options OptionsFor(const std::string& topic) {
    Options options = SourceOptions(*cluster_, topic, "group-of-" + topic);
    options.door = GetParam();
    return options;
  }
  static int64_t End(Source& source, const TopicPartition& partition) {
    return source.EndOffsets({partition}).value().at(partition);
  }

  std::unique_ptr<TestCluster> cluster_;
};

INSTANTIATE_TEST_SUITE_P(Through, RealBrokerTest, ::testing::Values(Door::kNative, Door::kLibrdkafka),
                         [](const auto& through) { return NameOf(through.param); });

TEST_P(RealBrokerTest, LeavesOutAbortedTransactionsAndCountsThemAsGaps) {
  const TopicPartition partition{cluster_->CreateTopic(1), 0};
  cluster_->Transaction(partition.topic, 0, 0, 100, /*commit=*/true);    // 0 to 99, control record 100
  cluster_->Transaction(partition.topic, 0, 100, 50, /*commit=*/false);  // 101 to 150, control record 151
  cluster_->Produce(partition.topic, 0, 150, 10);                        // 152 to 161
  cluster_->Transaction(partition.topic, 0, 160, 30, /*commit=*/false);  // 162 to 191, control record 192
  auto source = Open(OptionsFor(partition.topic));
  ASSERT_EQ(End(*source, partition), 193);
  Recorder recorder;
  ASSERT_TRUE(source->Start(&recorder));
  ASSERT_TRUE(recorder.PollUntil(*source, {{partition, 193}}));
  EXPECT_THAT(recorder.faults, IsEmpty());
  EXPECT_EQ(recorder.records[partition].size(), 110u);
  EXPECT_EQ(recorder.records[partition].at(152), "150");
  EXPECT_EQ(recorder.gaps[partition], 193 - 110);
  ASSERT_TRUE(source->Stop());

  auto options = OptionsFor(partition.topic);
  options.read_committed = false;
  options.group += "-uncommitted";
  auto all = Open(options);
  Recorder every;
  ASSERT_TRUE(all->Start(&every));
  ASSERT_TRUE(every.PollUntil(*all, {{partition, 193}}));
  EXPECT_EQ(every.records[partition].size(), 190u);
  EXPECT_EQ(every.gaps[partition], 3);
  ASSERT_TRUE(all->Stop());
}

TEST_P(RealBrokerTest, ReachesTheEndOfATopicOfOnlyAbortedRecords) {
  const TopicPartition partition{cluster_->CreateTopic(1), 0};
  for (int i = 0; i < 3; ++i) cluster_->Transaction(partition.topic, 0, 0, 1000, /*commit=*/false);
  auto source = Open(OptionsFor(partition.topic));
  ASSERT_EQ(End(*source, partition), 3003);
  const auto sample = Sample(*source, partition, 0, 100);
  ASSERT_TRUE(sample) << sample.error().message;
  EXPECT_THAT(sample->records, IsEmpty());
  EXPECT_EQ(sample->next, 3003);
  Recorder recorder;
  ASSERT_TRUE(source->Start(&recorder));
  ASSERT_TRUE(recorder.PollUntil(*source, {{partition, 3003}}));
  EXPECT_THAT(recorder.records[partition], IsEmpty());
  EXPECT_EQ(recorder.gaps[partition], 3003);
  ASSERT_TRUE(source->Stop());
}

TEST_P(RealBrokerTest, WaitsForAnOpenTransaction) {
  const TopicPartition partition{cluster_->CreateTopic(1), 0};
  cluster_->Produce(partition.topic, 0, 0, 10);
  OpenTransaction open(*cluster_, partition.topic, 0, 10, 5);
  cluster_->Produce(partition.topic, 0, 15, 10);
  auto source = Open(OptionsFor(partition.topic));
  EXPECT_EQ(End(*source, partition), 10);
  EXPECT_EQ(source->ResolveStart({partition}, {StartAt::Kind::kLatest}).value().at(partition), 10);
  Recorder recorder;
  ASSERT_TRUE(source->Start(&recorder));
  ASSERT_TRUE(recorder.PollUntil(*source, {{partition, 10}}));
  for (int i = 0; i < 5; ++i) recorder.Poll(*source);
  EXPECT_EQ(recorder.positions[partition], 10);
  open.Commit();
  ASSERT_TRUE(recorder.PollUntil(*source, {{partition, 26}}));
  EXPECT_EQ(recorder.records[partition].size(), 25u);
  EXPECT_EQ(recorder.gaps[partition], 1);
  EXPECT_THAT(recorder.faults, IsEmpty());
  ASSERT_TRUE(source->Stop());
}

TEST_P(RealBrokerTest, CountsWhatCompactionTookAsGaps) {
  const TopicPartition partition{cluster_->CreateTopic(1, {{"cleanup.policy", "compact"},
                                                           {"segment.bytes", "1048576"},
                                                           {"min.cleanable.dirty.ratio", "0.01"},
                                                           {"max.compaction.lag.ms", "1000"}}),
                                 0};
  // The same few keys over and over, more than one segment of them.
  std::vector<testing::TestRecord> records;
  for (int i = 0; i < 4000; ++i) records.push_back({"key-" + std::to_string(i % 7), std::string(1000, 'x'), {}, 0});
  cluster_->Produce(partition.topic, 0, records);
  auto source = Open(OptionsFor(partition.topic));
  EXPECT_EQ(source->topics()->IsCompacted(partition.topic).value_or(false), true);
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::minutes(1);
  const auto compacted = [&] {
    const auto sample = Sample(*source, partition, 0, 1).value();
    return sample.first + 1 != sample.next;
  };
  while (!compacted()) {
    ASSERT_LT(std::chrono::steady_clock::now(), deadline) << "the broker does not compact";
    std::this_thread::sleep_for(milliseconds(200));
  }
  Recorder recorder;
  ASSERT_TRUE(source->Start(&recorder));
  ASSERT_TRUE(recorder.PollUntil(*source, {{partition, 4000}}));
  EXPECT_THAT(recorder.faults, IsEmpty());
  EXPECT_LT(recorder.records[partition].size(), 4000u);
  EXPECT_EQ(static_cast<int64_t>(recorder.records[partition].size()) + recorder.gaps[partition], 4000);
  EXPECT_TRUE(recorder.records[partition].contains(3999));
  ASSERT_TRUE(source->Stop());
}

TEST_P(RealBrokerTest, TellsOffsetsThatAreGoneAndGoesOnWhenSent) {
  const TopicPartition partition{cluster_->CreateTopic(2), 0};
  const TopicPartition healthy{partition.topic, 1};
  cluster_->Produce(partition.topic, 0, 0, 1000);
  cluster_->Produce(partition.topic, 1, 0, 1000);
  cluster_->DeleteRecords(partition.topic, 0, 600);
  auto source = Open(OptionsFor(partition.topic));
  EXPECT_EQ(source->ResolveStart({partition}, {}).value().at(partition), 600);
  Recorder recorder;
  recorder.positions[partition] = 250;
  ASSERT_TRUE(source->Start(&recorder));
  Result<std::vector<record::RecordBatch>> batches;
  int64_t position = 0;  // of the healthy one, whose records are not lost with the error
  for (int i = 0; i < 300 && batches; ++i) {
    batches = source->Poll(milliseconds(100));
    if (!batches) break;
    for (const auto& batch : *batches) {
      ASSERT_EQ(batch.source, healthy);
      ASSERT_EQ(batch.first, position);
      position = batch.next;
    }
  }
  ASSERT_FALSE(batches);
  EXPECT_EQ(batches.error().kind, ErrorKind::kRecordsGone);
  EXPECT_THAT(batches.error().message,
              HasSubstr(fmt::format("Kafka topic {} partition 0: offset 250 is out of range: the log starts at 600 (it "
                                    "ends at 1000), so the records 250 to 599 were deleted before they were read",
                                    partition.topic)));
  EXPECT_FALSE(source->Poll(milliseconds(0)));
  recorder.positions = {{partition, 600}, {healthy, position}};
  ASSERT_TRUE(source->Seek({{partition, 600}}));
  ASSERT_TRUE(recorder.PollUntil(*source, {{partition, 1000}, {healthy, 1000}}));
  EXPECT_THAT(recorder.faults, IsEmpty());
  EXPECT_EQ(recorder.records[partition].begin()->first, 600);
  ASSERT_TRUE(source->Stop());
}

TEST_P(RealBrokerTest, FindsNewPartitionsAndNewTopicsOfAPattern) {
  const std::string prefix = "p-" + RandomUuid();
  const auto first = cluster_->CreateTopic(1, {}, prefix + "-a");
  cluster_->CreateTopic(1, {}, prefix + "-abc");
  auto options = OptionsFor("");
  options.topics.clear();
  options.topic_pattern = prefix + "-[ab]";
  options.group = prefix;
  auto source = Open(options);
  EXPECT_EQ(source->Streams().value(), (std::vector<TopicPartition>{{first, 0}}));
  cluster_->Produce(first, 0, 0, 10);
  Recorder recorder;
  ASSERT_TRUE(source->Start(&recorder));
  ASSERT_TRUE(recorder.PollUntil(*source, {{{first, 0}, 10}}));

  cluster_->AddPartitions(first, 3);
  const auto second = cluster_->CreateTopic(1, {}, prefix + "-b");
  cluster_->Produce(first, 2, 0, 20);
  cluster_->Produce(second, 0, 0, 30);
  EXPECT_TRUE(recorder.PollUntil(*source, {{{first, 2}, 20}, {{second, 0}, 30}}));
  EXPECT_EQ(recorder.assigned.size(), 4u);
  EXPECT_THAT(recorder.faults, IsEmpty());
  EXPECT_EQ(recorder.revoked + recorder.lost, 0);  // cooperative: what it had, it kept
  ASSERT_TRUE(source->Stop());
}

TEST_P(RealBrokerTest, KnowsWhetherTheGroupLives) {
  for (const char* protocol : {"classic", "consumer"}) {
    const auto topic = cluster_->CreateTopic(2);
    cluster_->Produce(topic, 0, 0, 10);
    auto options = OptionsFor(topic);
    options.properties["group.protocol"] = protocol;
    auto member = Open(options);
    auto other = Open(options);
    const auto before = other->group()->IsLive();
    ASSERT_TRUE(before) << before.error().message;
    EXPECT_FALSE(*before) << protocol;
    Recorder recorder;
    ASSERT_TRUE(member->Start(&recorder));
    ASSERT_TRUE(recorder.PollUntil(*member, {{{topic, 0}, 10}})) << protocol;
    EXPECT_TRUE(other->group()->IsLive().value()) << protocol;
    EXPECT_FALSE(member->group()->IsLive().value()) << protocol;
    EXPECT_THAT(recorder.faults, IsEmpty());
    ASSERT_TRUE(member->Stop());
    EXPECT_FALSE(other->group()->IsLive().value()) << protocol;
  }
}

// Several members come and go while records arrive; what each had read is kept when its partitions move on, as the
// table would keep it. In the end every record was read once.
TEST_P(RealBrokerTest, LosesAndRepeatsNothingWhileMembersComeAndGo) {
  constexpr int kPartitions = 6;
  constexpr int kPerPartition = 20000;
  const auto topic = cluster_->CreateTopic(kPartitions);
  std::mutex mutex;
  Positions table;                         // guarded by mutex
  std::map<TopicPartition, int64_t> rows;  // guarded by mutex
  std::vector<std::string> faults;         // guarded by mutex
  std::atomic<int> moves = 0;              // partitions that were taken from a member
  for (int i = 0; i < kPartitions; ++i) table[{topic, i}] = 0;

  struct Member : AssignmentListener {
    std::mutex& mutex;
    Positions& table;
    std::map<TopicPartition, int64_t>& rows;
    std::vector<std::string>& faults;
    std::atomic<int>& moves;
    std::map<TopicPartition, std::pair<int64_t, int64_t>> hand;  // read and not committed: first, next
    Member(std::mutex& m, Positions& t, std::map<TopicPartition, int64_t>& r, std::vector<std::string>& f,
           std::atomic<int>& n)
        : mutex(m), table(t), rows(r), faults(f), moves(n) {}
    Result<Positions> OnAssigned(const std::vector<TopicPartition>& partitions) override {
      std::lock_guard lock(mutex);
      Positions starts;
      for (const auto& each : partitions) {
        starts[each] = table[each];
        hand[each] = {table[each], table[each]};
      }
      return starts;
    }
    void Commit(const std::vector<TopicPartition>& partitions) {
      std::lock_guard lock(mutex);
      for (const auto& each : partitions) {
        auto& [first, next] = hand[each];
        if (table[each] != first) faults.push_back("fenced");
        table[each] = next;
        rows[each] += next - first;
        first = next;
      }
    }
    void OnRevoked(const std::vector<TopicPartition>& partitions) override {
      Commit(partitions);
      for (const auto& each : partitions) moves += static_cast<int>(hand.erase(each));
    }
    void OnLost(const std::vector<TopicPartition>& partitions) override {
      for (const auto& each : partitions) hand.erase(each);
    }
  };

  std::atomic<bool> produced = false;
  std::thread producer([&] {
    auto to = OpenProducer(cluster_->brokers(), {}).value();
    for (int i = 0; i < kPerPartition; ++i) {
      // On a busy machine members come slowly: the end waits for some of them.
      for (int waited = 0; i + 1 == kPerPartition && moves == 0 && waited < 300; ++waited) {
        std::this_thread::sleep_for(milliseconds(100));
      }
      const std::string value = std::to_string(i);
      for (int p = 0; p < kPartitions; ++p) (void)to->Send(topic, {.value = value, .partition = p});
      if (i % 400 == 0) std::this_thread::sleep_for(milliseconds(200));
    }
    (void)to->Flush();
    produced = true;
  });
  const auto all_read = [&] {
    std::lock_guard lock(mutex);
    return std::all_of(table.begin(), table.end(), [](const auto& each) { return each.second == kPerPartition; });
  };
  const auto live = [&](int lifetime_ms) {
    Member member(mutex, table, rows, faults, moves);
    auto options = OptionsFor(topic);
    options.properties["heartbeat.interval.ms"] = "300";  // so soon the others hear of one that comes or goes
    auto source = Open(options);
    ASSERT_TRUE(source->Start(&member));
    const auto until = std::chrono::steady_clock::now() + milliseconds(lifetime_ms);
    while (std::chrono::steady_clock::now() < until && !(produced && all_read())) {
      auto batches = source->Poll(milliseconds(50));
      ASSERT_TRUE(batches) << batches.error().message;
      for (auto& batch : *batches) {
        ASSERT_TRUE(batch.Unpack());
        auto found = member.hand.find(batch.source);
        ASSERT_NE(found, member.hand.end());
        EXPECT_EQ(batch.first, found->second.second);
        EXPECT_EQ(batch.gaps(), 0);
        for (const auto& record : batch.records) EXPECT_EQ(record.value, std::to_string(record.offset));
        found->second.second = batch.next;
      }
      if (RandomUint64() % 8 == 0) {
        std::vector<TopicPartition> mine;
        for (const auto& each : member.hand) mine.push_back(each.first);
        member.Commit(mine);
      }
    }
    ASSERT_TRUE(source->Stop());
  };
  std::vector<std::thread> members;
  for (int m = 0; m < 3; ++m) {
    members.emplace_back([&, m] {
      for (int life = 0; life < 30 && !(produced && all_read()); ++life) live(m == 0 ? 60000 : 1200 + 500 * m);
    });
  }
  producer.join();
  for (auto& each : members) each.join();
  EXPECT_THAT(faults, IsEmpty());
  EXPECT_TRUE(all_read());
  EXPECT_GT(moves, kPartitions);
  for (const auto& [partition, count] : rows) EXPECT_EQ(count, kPerPartition) << partition.partition;
}

TEST_P(RealBrokerTest, SpreadsRecordsWithoutAKeyEvenly) {
  const auto topic = cluster_->CreateTopic(4);
  ProduceOptions options;
  options.kind = SampleKind::kSensor;
  options.topic = topic;
  options.brokers = cluster_->brokers();
  options.count = 10001;
  const auto done = Produce(options);
  ASSERT_TRUE(done) << done.error().message;
  auto source = Open(OptionsFor(topic));
  const auto ends = source->EndOffsets(source->Streams().value()).value();
  EXPECT_EQ(ends.at({topic, 0}), 2501);
  EXPECT_EQ(ends.at({topic, 3}), 2500);

  options.topic = "no-such-topic";
  const auto absent = Produce(options);
  ASSERT_FALSE(absent);
  EXPECT_EQ(absent.error().kind, ErrorKind::kNotFound);
  EXPECT_THAT(absent.error().message, HasSubstr("Create it first"));
}

TEST_P(RealBrokerTest, ProducesAtARateUntilTold) {
  const auto topic = cluster_->CreateTopic(1);
  StopFlag stop;
  ProduceOptions options;
  options.kind = SampleKind::kWeather;
  options.topic = topic;
  options.brokers = cluster_->brokers();
  options.rate = 500;
  options.stop = &stop;
  int64_t sent = 0;
  options.on_progress = [&](int64_t count) {
    sent = count;
    if (count >= 500) stop.Set();
  };
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_TRUE(Produce(options));
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  EXPECT_GE(sent, 500);
  EXPECT_LE(static_cast<double>(sent), 500 * took.count() + 1);  // the first one at once
  auto source = Open(OptionsFor(topic));
  EXPECT_EQ(End(*source, {topic, 0}), sent);
}

class SaslBrokerTest : public ::testing::TestWithParam<Door> {};
INSTANTIATE_TEST_SUITE_P(Through, SaslBrokerTest, ::testing::Values(Door::kNative, Door::kLibrdkafka),
                         [](const auto& through) { return NameOf(through.param); });

TEST_P(SaslBrokerTest, NamesWrongCredentials) {
  const char* brokers = std::getenv("FRAZIL_TEST_SASL_BROKERS");
  if (!brokers) GTEST_SKIP() << "FRAZIL_TEST_SASL_BROKERS (user:password@brokers) is not set";
  const std::string all = brokers;
  const auto colon = all.find(':'), at = all.find('@');
  Options options;
  options.brokers = all.substr(at + 1);
  options.topics = {"t"};
  options.group = "g";
  options.door = GetParam();
  options.properties = {{"security.protocol", "SASL_PLAINTEXT"},
                        {"sasl.mechanism", "PLAIN"},
                        {"sasl.username", all.substr(0, colon)},
                        {"sasl.password", all.substr(colon + 1, at - colon - 1)}};
  const auto id = Open(options)->ClusterId();
  EXPECT_TRUE(id) << id.error().message;

  options.properties["sasl.password"] = "wrong-words";
  auto source = Open(options);
  const auto refused = source->ClusterId();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::kUnauthorized) << refused.error().message;
  EXPECT_THAT(refused.error().message, HasSubstr("sasl.password"));
  EXPECT_THAT(refused.error().message, ::testing::Not(HasSubstr("wrong-words")));
  Recorder recorder;
  ASSERT_TRUE(source->Start(&recorder));
  Result<std::vector<record::RecordBatch>> batches;
  for (int i = 0; i < 100 && batches; ++i) batches = source->Poll(milliseconds(100));
  ASSERT_FALSE(batches);
  EXPECT_EQ(batches.error().kind, ErrorKind::kUnauthorized) << batches.error().message;
  ASSERT_TRUE(source->Stop());
}

}  // namespace
}  // namespace frazil::source::kafka
