#include "source/kafka/native/fetch_state.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "source/kafka/native/batch_test_support.h"

namespace frazil::source::kafka {
namespace {

using std::chrono::milliseconds;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::ParseAndUnpack;
using testing::SentBatch;
using testing::WriteBatch;

constexpr int16_t kVersion = 17;
constexpr milliseconds kNow{0};
constexpr size_t kAll = 1 << 30;

// Plays the threads around the state, one after the other.
class FetchStateTest : public ::testing::Test {
 protected:
  FetchStateTest() {
    settings_.queue_bytes = 2000;
    settings_.max_bytes = 300;
    settings_.max_partition_bytes = 300;
  }
  void SetUp() override {
    state_.Assign({{zero_, 10}, {one_, 20}});
    Learn({{0, 1, 5}, {1, 1, 5}});
  }

  struct Leader {
    int32_t partition, node, epoch;
  };
  bool Learn(const std::vector<Leader>& leaders, char topic_id = 'a') {
    Metadata metadata;
    metadata.brokers = {{1, "one", 1}, {2, "two", 2}};
    auto& topic = metadata.topics.emplace_back();
    topic.name = "t";
    topic.id.fill(topic_id);
    for (const auto& each : leaders) topic.partitions.push_back({0, each.partition, each.node, each.epoch});
    return state_.Learn(metadata);
  }
  std::optional<FetchPlan> Plan(int32_t node) { return state_.NextPlan(node, false); }
  static std::string BatchAt(int64_t offset, int records = 1) {
    SentBatch sent;
    sent.base_offset = offset;
    for (int i = 0; i < records; ++i) sent.records.push_back({std::nullopt, std::string(40, 'v'), {}, -1, 0});
    return WriteBatch(sent);
  }
  // The answer that gives each asked partition `records` records, or `error`.
  std::vector<FetchParcel> Answer(const FetchPlan& plan, int records, int16_t error = 0) {
    FetchResponse response;
    std::string bytes;
    std::vector<std::pair<size_t, size_t>> extents;
    for (const auto& asked : plan.partitions) {
      const std::string batch = records > 0 ? BatchAt(asked.request.offset, records) : "";
      extents.emplace_back(bytes.size(), batch.size());
      bytes += batch;
    }
    auto owner = std::make_shared<Bytes>();
    std::copy(bytes.begin(), bytes.end(), owner->Reserve(bytes.size() + 1));
    owner->Grow(bytes.size());
    for (size_t i = 0; i < plan.partitions.size(); ++i) {
      auto& got = response.partitions.emplace_back();
      got.topic_id = plan.partitions[i].request.topic_id;
      got.partition = plan.partitions[i].source.partition;
      got.error = error;
      got.preferred_replica = preferred_replica_;
      got.diverged_at = diverged_at_;
      got.batches = owner->view().substr(extents[i].first, extents[i].second);
    }
    return state_.Receive(plan, kVersion, response, owner);
  }
  void Deliver(const std::vector<FetchParcel>& parcels) {
    for (const auto& parcel : parcels) {
      std::vector<record::RecordBatch> batches;
      const Status parsed = ParseAndUnpack(parcel.fetched, {}, batches);
      state_.Deliver(parcel, std::move(batches), parsed);
    }
  }
  // Offsets that came, by partition: "first-next".
  std::vector<std::string> Take() {
    std::vector<std::string> out;
    for (const auto& batch : state_.Take(kNow, kAll).batches) {
      out.push_back(fmt::format("{}:{}-{}", batch.source.partition, batch.first, batch.next));
    }
    return out;
  }

  const TopicPartition zero_{"t", 0}, one_{"t", 1};
  FetchSettings settings_;
  FetchState state_{settings_};
  int32_t preferred_replica_ = -1;
  int64_t diverged_at_ = -1;
};

TEST_F(FetchStateTest, AsksFromThePositionAndGoesOnBehindIt) {
  EXPECT_EQ(Plan(2), std::nullopt);  // leads nothing
  auto plan = Plan(1);
  ASSERT_TRUE(plan);
  ASSERT_EQ(plan->partitions.size(), 2u);
  EXPECT_EQ(plan->partitions[0].request.offset, 10);
  EXPECT_EQ(plan->partitions[0].request.leader_epoch, 5);
  EXPECT_EQ(plan->partitions[0].request.last_fetched_epoch, -1);
  EXPECT_EQ(Plan(1), std::nullopt);  // all of it is asked for
  const auto parcels = Answer(*plan, 2);
  // The next request may be made while the answer is being parsed, by the same broker's thread alone.
  const auto next = Plan(1);
  ASSERT_TRUE(next);
  EXPECT_EQ(next->partitions.size(), 2u);
  for (const auto& each : next->partitions) {
    EXPECT_EQ(each.request.offset, each.source == zero_ ? 12 : 22);
    EXPECT_EQ(each.request.last_fetched_epoch, 7);
  }
  Deliver(parcels);
  EXPECT_THAT(Take(), ::testing::UnorderedElementsAre("0:10-12", "1:20-22"));
  EXPECT_THAT(Take(), IsEmpty());
}

TEST_F(FetchStateTest, AnotherBrokerWaitsUntilTheFirstHasDelivered) {
  const auto plan = Plan(1);
  const auto parcels = Answer(*plan, 1);
  Learn({{0, 2, 6}, {1, 2, 6}});
  EXPECT_EQ(Plan(2), std::nullopt);
  Deliver(parcels);
  const auto moved = Plan(2);
  ASSERT_TRUE(moved);
  EXPECT_EQ(moved->partitions[0].request.leader_epoch, 6);
  // One that lags tells of the old leader.
  Learn({{0, 1, 5}, {1, 1, 5}});
  Deliver(Answer(*moved, 1));
  EXPECT_TRUE(Plan(2));
}

TEST_F(FetchStateTest, DropsWhatWasAskedForBeforeASeek) {
  auto plan = Plan(1);
  state_.Seek({{zero_, 100}});
  Deliver(Answer(*plan, 1));
  EXPECT_THAT(Take(), ::testing::ElementsAre("1:20-21"));
  plan = Plan(1);
  const auto parcels = Answer(*plan, 1);  // on its way through the parser
  state_.Seek({{zero_, 200}});
  Deliver(parcels);
  EXPECT_THAT(Take(), ::testing::ElementsAre("1:21-22"));
  Deliver(Answer(*Plan(1), 1));  // waits to be taken
  state_.Seek({{zero_, 300}});
  EXPECT_THAT(Take(), ::testing::ElementsAre("1:22-23"));
  Deliver(Answer(*Plan(1), 1));
  state_.Unassign({one_});
  EXPECT_THAT(Take(), ::testing::ElementsAre("0:300-301"));
  EXPECT_EQ(Plan(1)->partitions.size(), 1u);
}

TEST_F(FetchStateTest, AsksForNoMoreThanHasRoom) {
  std::vector<FetchPlan> plans;
  int requests = 0;
  for (auto plan = Plan(1); plan && requests < 100; plan = Plan(1), ++requests) Deliver(Answer(*plan, 1));
  EXPECT_GT(requests, 2);
  EXPECT_LT(requests, 10);
  EXPECT_EQ(Plan(1), std::nullopt);
  EXPECT_FALSE(Take().empty());
  EXPECT_TRUE(Plan(1));
}

TEST_F(FetchStateTest, GivesAndAsksNothingWhilePaused) {
  const auto plan = Plan(1);
  state_.SetPaused(true);
  Deliver(Answer(*plan, 1));
  EXPECT_EQ(Plan(1), std::nullopt);
  EXPECT_THAT(Take(), IsEmpty());
  state_.SetPaused(false);
  EXPECT_EQ(Take().size(), 2u);
}

TEST_F(FetchStateTest, TellsAnOffsetThatIsGoneBehindWhatCameBefore) {
  Deliver(Answer(*Plan(1), 1));
  Answer(*Plan(1), 0, static_cast<int16_t>(ErrorCode::kOffsetOutOfRange));
  EXPECT_EQ(Take().size(), 2u);
  const auto trouble = state_.Take(kNow, kAll).trouble;
  ASSERT_TRUE(trouble);
  EXPECT_EQ(trouble->gone, *trouble->source == zero_ ? 11 : 21);
  EXPECT_EQ(Plan(1), std::nullopt);  // no second answer is wanted
  state_.Seek({{zero_, 50}, {one_, 50}});
  EXPECT_EQ(Plan(1)->partitions.size(), 2u);
}

TEST_F(FetchStateTest, TellsThatTheLogWasCutOff) {
  Deliver(Answer(*Plan(1), 1));
  Take();
  diverged_at_ = 5;
  Answer(*Plan(1), 0);
  const auto trouble = state_.Take(kNow, kAll).trouble;
  ASSERT_TRUE(trouble);
  EXPECT_THAT(trouble->error.message, HasSubstr("cut off at offset 5"));
}

TEST_F(FetchStateTest, LooksForLeadersAgainAndTriesLater) {
  constexpr int16_t kNotLeader = 6;
  ASSERT_TRUE(state_.WaitForRefresh(kNow));  // what Assign asked for
  Answer(*Plan(1), 0, kNotLeader);
  EXPECT_EQ(Plan(1), std::nullopt);  // not at once
  const auto before = std::chrono::steady_clock::now();
  ASSERT_TRUE(state_.WaitForRefresh(milliseconds(60000)));
  EXPECT_LT(std::chrono::steady_clock::now() - before, milliseconds(50000));
  EXPECT_TRUE(state_.NextPlan(1, /*wait=*/true));
}

TEST_F(FetchStateTest, ReadsFromTheReplicaThatTheLeaderNames) {
  preferred_replica_ = 2;
  Answer(*Plan(1), 0);
  EXPECT_EQ(Plan(1), std::nullopt);
  EXPECT_EQ(state_.NodesInUse(), (std::set<int32_t>{1, 2}));
  const auto plan = Plan(2);
  ASSERT_TRUE(plan);
  preferred_replica_ = -1;
  // It lags: the leader knows better.
  Answer(*plan, 0, static_cast<int16_t>(ErrorCode::kOffsetOutOfRange));
  EXPECT_EQ(Plan(2), std::nullopt);
  EXPECT_TRUE(Plan(1));
  EXPECT_EQ(state_.Take(kNow, kAll).trouble, std::nullopt);
}

// Else leader and replica would send us to and fro as fast as the network goes.
TEST_F(FetchStateTest, StaysWithTheLeaderWhereAReplicaDoesNotServe) {
  EXPECT_TRUE(Plan(1)->names_rack);
  const auto refused = [&](const FetchPlan& plan) {
    Answer(plan, 0, static_cast<int16_t>(ErrorCode::kOffsetOutOfRange));
  };
  const auto lost = [&](const FetchPlan& plan) { state_.Forsake(plan); };
  for (const auto& fails : std::vector<std::function<void(const FetchPlan&)>>{refused, lost}) {
    state_.Seek({{zero_, 10}, {one_, 20}});
    preferred_replica_ = 2;
    Answer(*Plan(1), 0);
    fails(*Plan(2));
    const auto plan = Plan(1);
    ASSERT_TRUE(plan);
    EXPECT_FALSE(plan->names_rack) << "the leader is to serve";
    Deliver(Answer(*plan, 1));  // it does, though it names the replica again
    EXPECT_EQ(Plan(2), std::nullopt);
    EXPECT_TRUE(Plan(1));
    EXPECT_EQ(Take().size(), 2u);
  }
}

TEST_F(FetchStateTest, StaysWithTheLeaderWhereNobodyKnowsTheReplica) {
  preferred_replica_ = 77;
  Answer(*Plan(1), 0);
  const auto plan = Plan(1);
  ASSERT_TRUE(plan);
  EXPECT_FALSE(plan->names_rack);
}

TEST_F(FetchStateTest, NoticesThatATopicWasMadeAnew) {
  EXPECT_TRUE(Learn({{0, 1, 0}, {1, 1, 0}}, 'b'));
  const auto trouble = state_.Take(kNow, kAll).trouble;
  ASSERT_TRUE(trouble);
  EXPECT_THAT(trouble->error.message, HasSubstr("deleted and made anew"));
  EXPECT_EQ(Plan(1), std::nullopt);
}

TEST_F(FetchStateTest, FreesWhatALostConnectionHeld) {
  const auto plan = Plan(1);
  state_.Forsake(*plan);
  const auto again = Plan(1);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->partitions[0].request.offset, 10);
}

TEST_F(FetchStateTest, EndsEveryWait) {
  state_.Stop();
  EXPECT_EQ(state_.NextPlan(2, /*wait=*/true), std::nullopt);
  EXPECT_FALSE(state_.WaitForRefresh(milliseconds(60000)));
  state_.Wake();
  EXPECT_THAT(state_.Take(milliseconds(60000), kAll).batches, IsEmpty());
}

}  // namespace
}  // namespace frazil::source::kafka
