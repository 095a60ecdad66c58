#include "table/offset_state.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "table/offset_state_test_support.h"

namespace frazil::table {
namespace {

TEST(OffsetState, TellsHowFarItHasComeOfErrors) {
  PendingErrors errors;
  errors.origins.Add({{"t", 3}, 170, 175, 1});
  EXPECT_TRUE(Reaches(SomeState(), errors));
  errors.origins.Add({{"t", 0}, 0, 1, 1});
  EXPECT_FALSE(Reaches(SomeState(), errors)) << "of one partition alone";
  OffsetState state = SomeState();
  state.partitions.erase(0);
  EXPECT_FALSE(Reaches(state, errors));
}

TEST(OffsetState, KeysDoNotCollide) {
  OffsetState one;
  one.pipeline = "a/b";
  one.topic = "c";
  OffsetState other;
  other.pipeline = "a";
  other.topic = "b/c";
  EXPECT_NE(OffsetsKey(one), OffsetsKey(other));
  EXPECT_EQ(OffsetsKey(SomeState()), "frazil.offsets/p/t/main");
}

TEST(OffsetState, TheLaterOfTwoThatTookOverFromOneAnotherStands) {
  const OffsetState p = SomeState();
  OffsetState q = TakenOver(p, "q");
  ++q.sequence_number;
  OffsetState back = TakenOver(q, "p");
  ++ ++back.sequence_number;
  EXPECT_EQ(back.took_over, (std::vector<std::string>{"p", "q"}));
  EXPECT_TRUE(HasTakenOver(q, p));
  EXPECT_FALSE(HasTakenOver(p, q));
  EXPECT_TRUE(HasTakenOver(back, q));
  EXPECT_FALSE(HasTakenOver(q, back));
  EXPECT_EQ(TakenOver(back, "q").took_over, (std::vector<std::string>{"p", "q"}));
  for (const OffsetState& any : {p, q, back, TakenOver(back, "q")}) EXPECT_EQ(FirstName(any), "p");
  OffsetState elsewhere = p;
  elsewhere.ref = "audit";
  EXPECT_FALSE(HasTakenOver(q, elsewhere));
}

}  // namespace
}  // namespace frazil::table
