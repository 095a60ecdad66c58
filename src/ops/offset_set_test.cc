#include "ops/offset_set.h"

#include <gtest/gtest.h>

#include <random>
#include <set>

namespace frazil::ops {
namespace {

TEST(OffsetSet, TellsWhatIsInIt) {
  OffsetSet offsets;
  EXPECT_EQ(offsets.CountIn(0, 1 << 30), 0);
  EXPECT_TRUE(offsets.Insert(5));
  EXPECT_FALSE(offsets.Insert(5));
  EXPECT_TRUE(offsets.Insert(int64_t{1} << 40));
  EXPECT_TRUE(offsets.Contains(5));
  EXPECT_FALSE(offsets.Contains(6));
  EXPECT_EQ(offsets.CountIn(0, 5), 0);
  EXPECT_EQ(offsets.CountIn(5, 6), 1);
  EXPECT_EQ(offsets.CountIn(0, (int64_t{1} << 40) + 1), 2);
}

TEST(OffsetSet, HoldsFullBlocks) {
  OffsetSet offsets;
  for (int64_t i = 200000; i >= 0; --i) ASSERT_TRUE(offsets.Insert(i));
  EXPECT_FALSE(offsets.Insert(70000));
  EXPECT_TRUE(offsets.Contains(65535));
  EXPECT_EQ(offsets.CountIn(0, 300000), 200001);
  EXPECT_EQ(offsets.CountIn(65530, 131080), 65550);
}

TEST(OffsetSet, CountsAsASetDoes) {
  std::mt19937 random(7);
  OffsetSet offsets;
  std::set<int64_t> expected;
  for (int i = 0; i < 20000; ++i) {
    const auto offset = static_cast<int64_t>(random() % 150000);
    ASSERT_EQ(offsets.Insert(offset), expected.insert(offset).second);
  }
  for (int i = 0; i < 1000; ++i) {
    const auto first = static_cast<int64_t>(random() % 160000);
    const auto next = first + static_cast<int64_t>(random() % 70000);
    ASSERT_EQ(offsets.CountIn(first, next), std::distance(expected.lower_bound(first), expected.lower_bound(next)))
        << first << ".." << next;
  }
}

}  // namespace
}  // namespace frazil::ops
