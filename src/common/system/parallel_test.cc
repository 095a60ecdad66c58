#include "common/system/parallel.h"

#include <gtest/gtest.h>

#include <atomic>
#include <vector>

namespace frazil {
namespace {

TEST(ForEachInParallel, DoesEachOnce) {
  std::vector<std::atomic<int>> done(1000);
  ASSERT_TRUE(ForEachInParallel(done.size(), 8, [&](size_t i) {
                ++done[i];
                return Status();
              }).has_value());
  for (const auto& each : done) EXPECT_EQ(each, 1);
  EXPECT_TRUE(
      ForEachInParallel(0, 8, [](size_t) -> Status { return Fail(ErrorKind::kInternal, "called"); }).has_value());
}

TEST(ForEachInParallel, EndsWithAnError) {
  std::atomic<int> calls{0};
  const Status done = ForEachInParallel(1000000, 2, [&](size_t i) -> Status {
    ++calls;
    if (i >= 10) return Fail(ErrorKind::kIo, "no more");
    return {};
  });
  ASSERT_FALSE(done.has_value());
  EXPECT_EQ(done.error().message, "no more");
  EXPECT_LT(calls, 100);
}

}  // namespace
}  // namespace frazil
