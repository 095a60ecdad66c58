#include "source/kafka/native/protocol.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace frazil::source::kafka {
namespace {

using ::testing::ElementsAre;

TEST(Wire, ReadsWhatItWrites) {
  WireWriter writer;
  writer.Int8(-2);
  writer.Int16(-300);
  writer.Int32(1 << 30);
  writer.Int64(-(int64_t{1} << 60));
  for (const uint32_t value : {0u, 127u, 128u, 300u, 0xffffffffu}) writer.UnsignedVarint(value);
  writer.String("abc");
  writer.Compact("de");
  writer.CompactCount(1);
  writer.NoTags();
  WireReader reader(writer.bytes());
  EXPECT_EQ(reader.Int8(), -2);
  EXPECT_EQ(reader.Int16(), -300);
  EXPECT_EQ(reader.Int32(), 1 << 30);
  EXPECT_EQ(reader.Int64(), -(int64_t{1} << 60));
  for (const uint32_t value : {0u, 127u, 128u, 300u, 0xffffffffu}) EXPECT_EQ(reader.UnsignedVarint(), value);
  EXPECT_EQ(reader.String(), "abc");
  EXPECT_EQ(reader.Compact(), "de");
  EXPECT_EQ(reader.CompactCount(), 1u);
  reader.SkipTags();
  EXPECT_TRUE(reader.ok());
  EXPECT_EQ(reader.left(), 0u);
  EXPECT_EQ(reader.Int32(), 0);
  EXPECT_FALSE(reader.ok());
}

// A count is believed only as far as there are bytes for it: nothing is reserved for what a stranger says.
TEST(Wire, BelievesNoCountBeyondItsBytes) {
  WireWriter writer;
  writer.UnsignedVarint(0xffffffff);
  WireReader compact(writer.bytes());
  EXPECT_EQ(compact.CompactCount(), 0u);
  EXPECT_FALSE(compact.ok());
  WireReader text(writer.bytes());
  EXPECT_EQ(text.Compact(), "");
  EXPECT_FALSE(text.ok());
}

std::string FetchAnswer(int16_t version, const TopicId& id) {
  WireWriter writer;
  writer.NoTags();
  writer.Int32(5);  // throttled for
  writer.Int16(0);
  writer.Int32(0);
  writer.CompactCount(1);
  if (version >= kFetchWithTopicIds) {
    writer.Uuid(id);
  } else {
    writer.Compact("topic");
  }
  writer.CompactCount(2);
  writer.Int32(3);
  writer.Int16(0);
  writer.Int64(100);
  writer.Int64(90);
  writer.Int64(10);
  writer.CompactCount(1);
  writer.Int64(77);
  writer.Int64(42);
  writer.NoTags();
  writer.Int32(2);
  writer.Compact("batches");
  writer.NoTags();
  writer.Int32(4);
  writer.Int16(6);
  writer.Int64(-1);
  writer.Int64(-1);
  writer.Int64(-1);
  writer.UnsignedVarint(0);  // null
  writer.Int32(-1);
  writer.UnsignedVarint(0);  // null
  writer.UnsignedVarint(2);  // tags: a diverging epoch, and one that is not known here
  writer.UnsignedVarint(0);
  writer.UnsignedVarint(13);
  writer.Int32(8);
  writer.Int64(55);
  writer.NoTags();
  writer.UnsignedVarint(9);
  writer.UnsignedVarint(1);
  writer.Int8(0);
  writer.NoTags();
  writer.NoTags();
  return writer.Take();
}

TEST(Protocol, ReadsAnswersToFetch) {
  TopicId id{};
  id.fill('i');
  for (const int16_t version : {int16_t{12}, int16_t{13}, int16_t{17}}) {
    const std::string body = FetchAnswer(version, id);
    const auto answer = ReadFetchResponse(version, body);
    ASSERT_TRUE(answer) << answer.error().message;
    EXPECT_EQ(answer->throttle_ms, 5);
    ASSERT_EQ(answer->partitions.size(), 2u);
    const auto& [first, second] = std::tie(answer->partitions[0], answer->partitions[1]);
    EXPECT_EQ(first.topic, version >= kFetchWithTopicIds ? "" : "topic");
    EXPECT_EQ(first.topic_id, version >= kFetchWithTopicIds ? id : TopicId{});
    EXPECT_EQ(first.partition, 3);
    EXPECT_EQ(first.high_watermark, 100);
    EXPECT_EQ(first.log_start, 10);
    ASSERT_EQ(first.aborted.size(), 1u);
    EXPECT_EQ(first.aborted[0].producer_id, 77);
    EXPECT_EQ(first.aborted[0].first_offset, 42);
    EXPECT_EQ(first.preferred_replica, 2);
    EXPECT_EQ(first.batches, "batches");
    EXPECT_EQ(second.error, 6);
    EXPECT_EQ(second.batches, "");
    EXPECT_EQ(second.diverged_at, 55);
    // Cut short anywhere, it is refused.
    for (size_t size = 0; size < body.size(); ++size) EXPECT_FALSE(ReadFetchResponse(version, body.substr(0, size)));
  }
}

TEST(Protocol, AgreesOnTheNewestCommonVersion) {
  ApiVersions offered;
  offered.apis = {{1, {4, 18}}, {3, {0, 9}}, {36, {0, 1}}};
  EXPECT_EQ(offered.Common(Api::kFetch), 17);
  EXPECT_EQ(offered.Common(Api::kMetadata), 9);
  EXPECT_EQ(offered.Common(Api::kSaslAuthenticate), -1);
  EXPECT_EQ(offered.Common(Api::kSaslHandshake), -1);
}

TEST(Protocol, GroupsARequestsPartitionsByTopic) {
  FetchRequest request;
  for (const auto& [topic, partition] : {std::pair("a", 0), {"a", 1}, {"b", 0}}) {
    auto& one = request.partitions.emplace_back();
    one.topic = topic;
    one.partition = partition;
  }
  const std::string written = WriteFetchRequest(12, request);
  WireReader reader(written);
  reader.Bytes(4 * 4 + 1 + 4 + 4);
  std::vector<std::string> topics;
  EXPECT_EQ(reader.CompactCount(), 2u);
  for (int topic = 0; topic < 2; ++topic) {
    topics.emplace_back(reader.Compact());
    for (size_t left = reader.CompactCount(); left > 0; --left) {
      topics.back() += std::to_string(reader.Int32());
      reader.Bytes(4 + 8 + 4 + 8 + 4);
      reader.SkipTags();
    }
    reader.SkipTags();
  }
  EXPECT_THAT(topics, ElementsAre("a01", "b0"));
  EXPECT_TRUE(reader.ok());
}

}  // namespace
}  // namespace frazil::source::kafka
