#include "ingest/memory_plan.h"

#include <gtest/gtest.h>

namespace frazil::ingest {
namespace {

constexpr int64_t kMiB = 1 << 20;

TEST(MemoryPlan, StaysWithinTheLimit) {
  for (const int lanes : {1, 2, 4}) {
    for (const int64_t limit : {160 * kMiB, 512 * kMiB, 4096 * kMiB}) {
      const MemoryPlan plan = PlanMemory(limit, 40 * kMiB, lanes);
      EXPECT_LE(40 * kMiB + plan.fetched + plan.held + lanes * plan.row_group, limit) << limit << ", lanes " << lanes;
      EXPECT_GE(plan.held, 2 * plan.row_group) << "one encodes, the next fills";
    }
  }
}

TEST(MemoryPlan, LeavesEveryPartEnoughToGoOn) {
  const MemoryPlan plan = PlanMemory(64 * kMiB, 200 * kMiB, 64);
  EXPECT_GE(plan.fetched, kMiB);
  EXPECT_GE(plan.row_group, kMiB);
  EXPECT_GE(plan.held, plan.row_group);
}

}  // namespace
}  // namespace frazil::ingest
