#include "table/offset_state_json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "table/offset_state_test_support.h"

namespace frazil::table {
namespace {

TEST(OffsetStateJson, SurvivesItsText) {
  OffsetState state = SomeState();
  state.took_over = {"older", "old"};
  state.rewinds = 3;
  state.replays = 2;
  state.unmarked = "s3://w/t/metadata/frazil-replayed-1.json";
  state.partitions[3].reread_to = 170;
  PendingErrors pending{{{"s3://b/1.parquet", 100, 3}, {"s3://b/2.parquet", 90, 2}}, {}};
  pending.origins.Add({{"t", 0}, 5, 9, 1});
  pending.origins.Add({{"t", 3}, 100, 175, 4});
  state.pending = {pending, pending};
  const auto again = ParseOffsetState(WriteOffsetState(state));
  ASSERT_TRUE(again.has_value()) << again.error().message;
  EXPECT_EQ(*again, state);
}

TEST(OffsetStateJson, RefusesPendingErrorsThatItCannotTrust) {
  for (const char* pending : {"{}", "[1]", "[{}]", R"([{"files":[],"offsets":[[0,0,1,1]]}])",
                              R"([{"files":[["f",1]],"offsets":[[0,0,1,1]]}])", R"([{"files":[["f",1,1]]}])",
                              R"([{"files":[["f",1,1]],"offsets":[[0,0,1,2]]}])"}) {
    std::string text = WriteOffsetState(SomeState());
    text.insert(1, fmt::format(R"("pending-errors":{},)", pending));
    EXPECT_FALSE(ParseOffsetState(text).has_value()) << text;
  }
}

TEST(OffsetStateJson, IsCompactForAThousandPartitions) {
  OffsetState state = SomeState();
  for (int i = 0; i < 1000; ++i) state.partitions[i] = {0, 123456789, 3, {123456789, 0, 0, 0, 0}};
  EXPECT_LT(WriteOffsetState(state).size(), 40000U);
}

TEST(OffsetStateJson, RefusesWhatItCannotTrust) {
  for (const char* text : {"", "[]", "{}", R"({"version":2})", R"({"version":1,"pipeline":"p"})"}) {
    EXPECT_FALSE(ParseOffsetState(text).has_value()) << text;
  }
  std::string deep = R"({"version":1,"pipeline":)";
  deep.append(100000, '[');
  EXPECT_FALSE(ParseOffsetState(deep).has_value());
  // Counts that do not account for the offsets.
  std::string text = WriteOffsetState(SomeState());
  text.replace(text.find("175"), 3, "176");
  const auto parsed = ParseOffsetState(text);
  ASSERT_FALSE(parsed.has_value());
  EXPECT_THAT(parsed.error().message, testing::HasSubstr("do not add up"));
}

TEST(OffsetStateJson, RefusesNumbersThatItCannotCountOnFrom) {
  const auto state = [](const std::string& partition) {
    return fmt::format(
        R"({{"version":1,"pipeline":"p","topic":"t","ref":"main","cluster":"c","topic-id":"i","table":"u",)"
        R"("snapshot":1,"sequence":7,"partitions":[{}]}})",
        partition);
  };
  EXPECT_TRUE(ParseOffsetState(state("[0,5,5,2147483647]")).has_value());
  for (const char* partition : {
           "[0,5,5,4294967297]",                             // an epoch of more than 32 bits
           "[0,5,5,-2]",                                     //
           "[0,-5,-5]",                                      // negative offsets
           "[0,9223372036854775808,9223372036854775808]",    // more than 63 bits
           "[0,18446744073709551615,18446744073709551615]",  //
           "[0,9223372036854775807,9223372036854775807]",    // nothing could follow
           "[0,0,5,1,5,0,0,0,0,-1]",                         // rewound from nowhere
           "[0,0,5,1,5,0,0,0,0,0,9223372036854775807]",      //
           "[18446744073709551616,0,0]",                     // a fraction, to the parser
       }) {
    EXPECT_FALSE(ParseOffsetState(state(partition)).has_value()) << partition;
  }
  for (const char* member : {R"("rewinds":-1)", R"("rewinds":9223372036854775807)", R"("replays":18446744073709551615)",
                             R"("pending-errors":[{"files":[["f",-1,1]],"offsets":[[0,0,1,1]]}])",
                             R"("pending-errors":[{"files":[["f",1,-1]],"offsets":[[0,0,1,1]]}])",
                             R"("pending-errors":[{"files":[["f",18446744073709551615,1]],"offsets":[[0,0,1,1]]}])"}) {
    std::string text = WriteOffsetState(SomeState());
    text.insert(1, std::string(member) + ",");
    EXPECT_FALSE(ParseOffsetState(text).has_value()) << text;
  }
}

}  // namespace
}  // namespace frazil::table
