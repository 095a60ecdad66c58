#include "record/row_origins.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace frazil::record {
namespace {

using testing::ElementsAre;

RowOrigin Origin(int32_t partition, int64_t first, int64_t next, int64_t rows) {
  return {{"t", partition}, first, next, rows};
}

TEST(RowOrigins, StretchesThatJoinAreOne) {
  RowOrigins origins;
  origins.Add(Origin(0, 20, 30, 3));
  origins.Add(Origin(1, 10, 20, 10));
  origins.Add(Origin(0, 0, 10, 1));
  EXPECT_THAT(origins.list(), ElementsAre(Origin(0, 0, 10, 1), Origin(0, 20, 30, 3), Origin(1, 10, 20, 10)));
  origins.Add(Origin(0, 10, 20, 2));
  EXPECT_THAT(origins.list(), ElementsAre(Origin(0, 0, 30, 6), Origin(1, 10, 20, 10)));
  origins.Add(Origin(1, 5, 10, 4));
  origins.Add(Origin(1, 20, 21, 1));
  EXPECT_THAT(origins.list(), ElementsAre(Origin(0, 0, 30, 6), Origin(1, 5, 21, 15)));
}

TEST(RowOrigins, TakeInOthers) {
  RowOrigins origins;
  origins.Add(Origin(0, 0, 10, 10));
  RowOrigins others;
  others.Add(Origin(0, 10, 15, 5));
  others.Add(Origin(2, 7, 8, 1));
  origins.Add(others);
  EXPECT_THAT(origins.list(), ElementsAre(Origin(0, 0, 15, 15), Origin(2, 7, 8, 1)));
}

TEST(RowOrigins, KeepWhatOverlapsApart) {
  RowOrigins origins;
  origins.Add(Origin(0, 0, 10, 10));
  origins.Add(Origin(0, 5, 12, 7));
  EXPECT_THAT(origins.list(), ElementsAre(Origin(0, 0, 10, 10), Origin(0, 5, 12, 7)));
}

TEST(RowOrigins, TellWhichOffsetsTheyHold) {
  RowOrigins origins;
  for (const auto& [partition, offset] : {std::pair(0, 5), {0, 6}, {0, 9}, {2, 1}}) {
    origins.Add({{"t", partition}, offset, offset + 1, 1});
  }
  EXPECT_TRUE(origins.Contains("t", 0, 5) && origins.Contains("t", 0, 6) && origins.Contains("t", 0, 9));
  EXPECT_TRUE(origins.Contains("t", 2, 1));
  EXPECT_FALSE(origins.Contains("t", 0, 4) || origins.Contains("t", 0, 7) || origins.Contains("t", 0, 10));
  EXPECT_FALSE(origins.Contains("t", 1, 5) || origins.Contains("t", 2, 5));
  EXPECT_FALSE(origins.Contains("s", 0, 5) || origins.Contains("u", 0, 5) || RowOrigins().Contains("t", 0, 5));
}

}  // namespace
}  // namespace frazil::record
