#include "table/offset_notes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace frazil::table {
namespace {

using record::OffsetRange;

TEST(OffsetRanges, SurviveTheirText) {
  const std::vector<OffsetRange> ranges = {{{"a", 0}, 0, 10, -1, {10, 0, 0, 0, 0}},
                                           {{"b", 2}, 5, 9, -1, {1, 0, 2, 0, 1}}};
  const auto again = ParseRanges(WriteRanges(ranges));
  ASSERT_TRUE(again.has_value());
  ASSERT_EQ(again->size(), 2U);
  EXPECT_EQ((*again)[1].source, ranges[1].source);
  EXPECT_EQ((*again)[1].next, 9);
  EXPECT_EQ((*again)[1].counts, ranges[1].counts);
}

TEST(OffsetRanges, RefuseWhatCannotBe) {
  for (const char* ranges : {R"({"t":[[-1,0,1,1]]})", R"({"t":[[0,5,1,1]]})", R"({"t":[[0,0,1,2,-1]]})",
                             R"({"t":[[0,-9223372036854775808,9223372036854775807,1]]})", R"({"t":[[[]]]})"}) {
    EXPECT_FALSE(ParseRanges(ranges).has_value()) << ranges;
  }
}

TEST(RowOriginsText, SurvivesIt) {
  record::RowOrigins origins;
  origins.Add({{"a", 0}, 0, 10, 7});
  origins.Add({{"a", 2}, 0, 10, 10});
  origins.Add({{"b", 0}, 5, 9, 0});
  EXPECT_EQ(WriteOrigins(origins), R"({"a":[[0,0,10,7],[2,0,10,10]],"b":[[0,5,9]]})");
  const auto again = ParseOrigins(WriteOrigins(origins));
  ASSERT_TRUE(again.has_value()) << again.error().message;
  EXPECT_EQ(again->list(), origins.list());
}

TEST(RowOriginsText, RefusesWhatCannotBe) {
  for (const char* text : {"", "[]", R"({"t":0})", R"({"t":[[0,0,5,6]]})", R"({"t":[[0,5,4]]})", R"({"t":[[-1,0,1]]})",
                           R"({"t":[[0,-9223372036854775808,9223372036854775807,1]]})"}) {
    EXPECT_FALSE(ParseOrigins(text).has_value()) << text;
  }
}

}  // namespace
}  // namespace frazil::table
