#include "source/kafka/native/bytes_pool.h"

#include <gtest/gtest.h>

#include <optional>

namespace frazil::source::kafka {
namespace {

TEST(BytesPoolTest, GivesABlockAgainOnceItsLastOwnerIsGone) {
  BytesPool pool(1000, 0);
  auto block = pool.Take(400);
  block->Grow(7);
  const char* const first = block->data();
  auto other = pool.Take(400);
  EXPECT_NE(other->data(), first);
  const std::shared_ptr<const Bytes> view = block;
  block.reset();
  EXPECT_NE(pool.Take(400)->data(), first) << "somebody looks at it";
}

TEST(BytesPoolTest, TakesTheSmallestThatFitsAndWastesLittle) {
  BytesPool pool(10'000, 0);
  auto small = pool.Take(500), large = pool.Take(900);
  const char *const small_data = small->data(), *const large_data = large->data();
  small.reset();
  large.reset();
  auto fits = pool.Take(450);
  EXPECT_EQ(fits->data(), small_data);
  EXPECT_EQ(fits->size(), 0U);
  auto wasteful = pool.Take(100);
  EXPECT_NE(wasteful->data(), large_data);
  EXPECT_EQ(pool.Take(600)->data(), large_data);
}

TEST(BytesPoolTest, KeepsNoMoreThanItMay) {
  BytesPool pool(1000, 0);
  auto a = pool.Take(600), b = pool.Take(600);
  const char* const newest = b->data();
  a.reset();
  b.reset();  // a's goes
  EXPECT_EQ(pool.Take(600)->data(), newest);
  pool.Take(2000).reset();  // too large to stay
  auto again = pool.Take(2000);
  EXPECT_GE(again->capacity(), 2000U);
}

TEST(BytesPoolTest, ABlockFitsWhateverComesNextAsARule) {
  BytesPool pool(10'000, 1000);
  auto block = pool.Take(300);
  const char* const first = block->data();
  block.reset();
  EXPECT_EQ(pool.Take(1000)->data(), first);
  EXPECT_LT(pool.Take(100)->capacity(), 1000U) << "a small answer";
  EXPECT_GT(pool.Take(1200)->capacity(), 1200U) << "an unusual one";
}

TEST(BytesPoolTest, CopiesAreTheSame) {
  BytesPool one(1000, 0);
  BytesPool other = one;
  auto block = one.Take(400);
  const char* const first = block->data();
  block.reset();
  EXPECT_EQ(other.Take(400)->data(), first);
}

TEST(BytesPoolTest, BlocksOutliveIt) {
  std::optional<BytesPool> pool(std::in_place, 1000, 0);
  const auto block = pool->Take(10);
  pool.reset();
  block->Grow(10);
  EXPECT_EQ(block->size(), 10U);
}

}  // namespace
}  // namespace frazil::source::kafka
