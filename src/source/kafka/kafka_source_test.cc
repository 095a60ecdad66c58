// Against librdkafka's mock cluster and, with FRAZIL_TEST_BROKERS, against a real broker.
#include "source/kafka/kafka_source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/random.h"
#include "source/kafka/producer.h"
#include "source/kafka/test_cluster.h"

namespace frazil::source::kafka {
namespace {

using std::chrono::milliseconds;
using ::testing::HasSubstr;
using testing::Recorder;
using testing::SourceOptions;
using testing::TestCluster;

class KafkaSourceTest : public ::testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    const bool real = std::string(GetParam()) == "real";
    if (real && !TestCluster::HasReal()) GTEST_SKIP() << "FRAZIL_TEST_BROKERS is not set";
    cluster_ = real ? TestCluster::Real() : TestCluster::Mock();
  }
  std::unique_ptr<Source> Open(const Options& options) {
    auto source = OpenKafkaSource(options);
    if (!source) throw std::runtime_error(source.error().message);
    return *std::move(source);
  }
  std::unique_ptr<TestCluster> cluster_;
};

INSTANTIATE_TEST_SUITE_P(On, KafkaSourceTest, ::testing::Values("mock", "real"),
                         [](const auto& on) { return std::string(on.param); });

TEST_P(KafkaSourceTest, ReadsEveryPartitionWithoutAHole) {
  const auto topic = cluster_->CreateTopic(3);
  for (int i = 0; i < 3; ++i) cluster_->Produce(topic, i, 0, 20000 + i);
  auto source = Open(SourceOptions(*cluster_, topic, "g-" + topic));
  const auto partitions = source->Partitions();
  ASSERT_TRUE(partitions) << partitions.error().message;
  ASSERT_EQ(partitions->size(), 3u);
  const auto ends = source->EndOffsets(*partitions);
  ASSERT_TRUE(ends) << ends.error().message;
  EXPECT_EQ(ends->at({topic, 2}), 20002);

  Recorder recorder;
  ASSERT_TRUE(source->Start(&recorder));
  ASSERT_TRUE(recorder.PollUntil(*source, *ends));
  EXPECT_THAT(recorder.faults, ::testing::IsEmpty());
  for (int i = 0; i < 3; ++i) {
    const auto& records = recorder.records[{topic, i}];
    ASSERT_EQ(records.size(), 20000u + static_cast<size_t>(i));
    EXPECT_EQ(records.begin()->second, "0");
    EXPECT_EQ(records.rbegin()->second, std::to_string(19999 + i));
  }
  ASSERT_TRUE(source->Stop());
  EXPECT_EQ(recorder.revoked, 1);
  EXPECT_TRUE(recorder.assigned.empty());
}

}  // namespace
}  // namespace frazil::source::kafka
