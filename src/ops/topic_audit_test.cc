#include "ops/topic_audit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace frazil::ops {
namespace {

using source::Positions;
using source::TopicPartition;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// Holds one topic of one partition.
class FakeTopic : public source::Log, public source::Topics {
 public:
  int64_t low = 0;
  int64_t high = 0;
  std::vector<int64_t> offsets;
  bool compacted = false;
  std::string id = "i";

  Result<std::string> ClusterId() override { return "c"; }
  Result<std::string> TopicId(const std::string&) override { return id; }
  Result<bool> IsCompacted(const std::string&) override { return compacted; }
  Result<Positions> ResolveStart(const std::vector<TopicPartition>& partitions, const source::StartAt&) override {
    return Positions{{partitions.at(0), low}};
  }
  Result<Positions> EndOffsets(const std::vector<TopicPartition>& partitions) override {
    return Positions{{partitions.at(0), high}};
  }
  Status ReadBetween(const Positions& from, const Positions&, const Take& take) override {
    for (const auto& [which, position] : from) {
      record::RecordBatch batch;
      batch.source = which;
      batch.first = position;
      batch.next = high;
      for (const int64_t offset : offsets) {
        if (offset >= position) batch.records.emplace_back().offset = offset;
      }
      FRAZIL_RETURN_IF_ERROR(take(batch));
    }
    return {};
  }

  Result<std::vector<TopicPartition>> Streams() override { return Unused(); }
  Result<std::vector<record::RecordBatch>> ReadSample(const Positions&, int) override { return Unused(); }
  Result<std::unique_ptr<source::Producer>> OpenProducer() override { return Unused(); }

 private:
  static tl::unexpected<Error> Unused() { return Fail(ErrorKind::kInternal, "not to be called"); }
};

// A table that took 0..10 with eight rows and two gaps, then 10..15 with five rows.
class TopicAuditTest : public testing::Test {
 protected:
  TopicAuditTest() {
    table::StoredState stored;
    stored.state.cluster_id = "c";
    stored.state.topic_id = "i";
    account_ = {"p", "t", stored, {}, {}};
    account_.partitions[0].stretches = {{0, 10, {8, 0, 0, 0, 2}, nullptr}, {10, 15, {5, 0, 0, 0, 0}, nullptr}};
    account_.partitions[0].stands_at = 15;
    topic_.high = 20;
    topic_.offsets = {0, 1, 2, 3, 4, 5, 6, 7, 10, 11, 12, 13, 14, 15, 16};
  }

  std::vector<std::string> Differences() {
    findings_.clear();
    const auto audit = AuditTopic(topic_, topic_, account_, nullptr, 0, findings_);
    EXPECT_TRUE(audit.has_value()) << audit.error().message;
    if (audit) audit_ = *audit;
    std::vector<std::string> what;
    for (const auto& finding : findings_) {
      EXPECT_EQ(finding.kind, table::FindingKind::kTopicDiffers);
      what.push_back(finding.what);
    }
    return what;
  }

  FakeTopic topic_;
  table::OffsetAccount account_;
  table::Findings findings_;
  TopicAudit audit_;
};

TEST_F(TopicAuditTest, ATopicThatHoldsWhatWasCommitted) {
  EXPECT_THAT(Differences(), IsEmpty());
  EXPECT_EQ(audit_.offsets, 15);
  EXPECT_EQ(audit_.records, 13) << "what is not committed yet is not looked at";
  EXPECT_EQ(audit_.unreached, 0);
}

TEST_F(TopicAuditTest, RecordsThatWereCountedAsGaps) {
  topic_.offsets.insert(topic_.offsets.begin() + 8, 8);
  EXPECT_THAT(Differences(), ElementsAre(HasSubstr("offsets 0 to 9: the topic has 9 records, 8 were accounted for")));
}

TEST_F(TopicAuditTest, RecordsThatAreGone) {
  topic_.offsets.pop_back();
  topic_.offsets.erase(topic_.offsets.begin() + 9, topic_.offsets.end());
  topic_.offsets.erase(topic_.offsets.begin());
  EXPECT_THAT(Differences(), ElementsAre(HasSubstr("the topic has 7 records, 8 were accounted for when they were "
                                                   "committed (8 rows); 1 more commits differ")));
  topic_.compacted = true;
  EXPECT_THAT(Differences(), IsEmpty());
}

TEST_F(TopicAuditTest, AsFarAsTheTopicReaches) {
  topic_.low = 12;
  EXPECT_THAT(Differences(), IsEmpty());
  EXPECT_EQ(audit_.unreached, 12);
  EXPECT_EQ(audit_.offsets, 3);
  topic_.low = topic_.high = 20;
  EXPECT_THAT(Differences(), IsEmpty());
  EXPECT_EQ(audit_.unreached, 15);
  EXPECT_EQ(audit_.offsets, 0);
}

TEST_F(TopicAuditTest, ATopicThatEndsBeforeTheTable) {
  topic_.high = 13;
  topic_.offsets = {0, 1, 2, 3, 4, 5, 6, 7, 10, 11, 12};
  EXPECT_THAT(Differences(), ElementsAre("it ends at offset 13, the table has records up to 14"));
}

TEST_F(TopicAuditTest, AnotherTopicOfThatName) {
  topic_.id = "j";
  EXPECT_THAT(Differences(), ElementsAre(HasSubstr("this one, of id j, was made anew")));
}

}  // namespace
}  // namespace frazil::ops
