#include "table/offset_moves.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "table/offset_state_json.h"
#include "table/offset_state_test_support.h"

namespace frazil::table {
namespace {

using record::OffsetRange;

OffsetRange Range(int64_t first, int64_t next, record::OffsetCounts counts) {
  return {{"t", 3}, first, next, 5, counts};
}

TEST(OffsetMoves, CountsAnewAfterARewind) {
  OffsetState state = SomeState();
  ASSERT_TRUE(Advance(state, Range(175, 150, {})).has_value());
  EXPECT_EQ(state.partitions[3], (PartitionState{150, 150, 4, {}, 175, 175}));
  ASSERT_TRUE(Advance(state, Range(150, 160, {10, 0, 0, 0, 0})).has_value());
  const auto again = ParseOffsetState(WriteOffsetState(state));
  ASSERT_TRUE(again.has_value()) << again.error().message;
  EXPECT_EQ(*again, state);
  EXPECT_EQ(Advance(state, Range(160, 150, {1, 0, 0, 0, 0})).error().kind, ErrorKind::kInternal);
  // Back over it: where it stood is known, what it had counted is not.
  ASSERT_TRUE(Retreat(state, Range(150, 160, {10, 0, 0, 0, 0})).has_value());
  ASSERT_TRUE(Retreat(state, Range(175, 150, {})).has_value());
  EXPECT_EQ(state.partitions[3].next, 175);
  ASSERT_TRUE(Retreat(state, Range(120, 175, {55, 0, 0, 0, 0})).has_value());
  EXPECT_EQ(state.partitions[3].next, 120);
  EXPECT_EQ(state.partitions[3].counts.total(), 0);
}

TEST(OffsetMoves, AdvancesOnlyWhereRangesJoin) {
  OffsetState state = SomeState();
  EXPECT_EQ(Advance(state, Range(176, 180, {4, 0, 0, 0, 0})).error().kind, ErrorKind::kFenced);
  EXPECT_EQ(Advance(state, Range(174, 180, {6, 0, 0, 0, 0})).error().kind, ErrorKind::kFenced);
  OffsetRange other = Range(0, 1, {1, 0, 0, 0, 0});
  other.source.partition = 8;
  EXPECT_EQ(Advance(state, other).error().kind, ErrorKind::kFenced);
  EXPECT_EQ(state, SomeState());
  ASSERT_TRUE(Advance(state, Range(175, 180, {3, 0, 0, 0, 2})).has_value());
  EXPECT_EQ(state.partitions[3], (PartitionState{100, 180, 5, {53, 5, 10, 3, 9}}));
}

TEST(OffsetMoves, RetreatsByWhatItAdvancedLast) {
  OffsetState state = SomeState();
  const OffsetRange last = Range(175, 180, {3, 0, 0, 0, 2});
  EXPECT_EQ(Retreat(state, last).error().kind, ErrorKind::kInvalidArgument);
  ASSERT_TRUE(Advance(state, last).has_value());
  ASSERT_TRUE(Retreat(state, last).has_value());
  EXPECT_EQ(state.partitions[3], (PartitionState{100, 175, 5, {50, 5, 10, 3, 7}}));
  EXPECT_EQ(Retreat(state, Range(99, 175, {76, 0, 0, 0, 0})).error().kind, ErrorKind::kInvalidArgument)
      << "beyond its start";
}

TEST(OffsetMoves, RefusesOffsetsThatNobodyAccountsFor) {
  OffsetState state = SomeState();
  EXPECT_EQ(Advance(state, Range(175, 180, {4, 0, 0, 0, 0})).error().kind, ErrorKind::kInternal);
}

TEST(OffsetMoves, WritesNoOffsetThatItCouldNotRead) {
  OffsetState state = SomeState();
  const int64_t next = state.partitions[3].next;
  const Status done = Advance(state, Range(next, record::kLargestOffset + 1, {record::kLargestOffset + 1 - next}));
  ASSERT_FALSE(done.has_value());
  EXPECT_EQ(done.error().kind, ErrorKind::kCorrupt);
}

}  // namespace
}  // namespace frazil::table
