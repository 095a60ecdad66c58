#include "ingest/memory_plan.h"

#include <gtest/gtest.h>

namespace frazil::ingest {
namespace {

constexpr int64_t kMiB = 1 << 20;

TEST(MemoryPlan, StaysWithinTheLimit) {
  for (const int lanes : {1, 2, 4, 100}) {
    for (const int64_t limit : {128 * kMiB, 160 * kMiB, 512 * kMiB, 4096 * kMiB}) {
      for (const int64_t file_buffer : {int64_t{0}, 10 * kMiB}) {
        const MemoryPlan plan = PlanMemory(limit, 60 * kMiB, lanes, file_buffer);
        const int64_t encoding = plan.lanes * (plan.row_group + file_buffer);
        EXPECT_LE(60 * kMiB + plan.fetched + plan.held + encoding, limit) << limit << ", lanes " << lanes;
        EXPECT_GE(plan.held, plan.row_group) << "one encodes, the next fills";
      }
    }
  }
}

TEST(MemoryPlan, HasNoMoreLanesThanMemoryFor) {
  EXPECT_EQ(PlanMemory(4096 * kMiB, 50 * kMiB, 100, 0).lanes, 100);
  EXPECT_EQ(PlanMemory(512 * kMiB, 50 * kMiB, 100, 0).lanes, 22);
  EXPECT_EQ(PlanMemory(512 * kMiB, 50 * kMiB, 100, 10 * kMiB).lanes, 14);
  EXPECT_EQ(PlanMemory(128 * kMiB, 50 * kMiB, 100, 0).lanes, 3);
  EXPECT_EQ(PlanMemory(128 * kMiB, 120 * kMiB, 100, 0).lanes, 1);
}

TEST(MemoryPlan, LeavesEveryPartEnoughToGoOn) {
  const MemoryPlan plan = PlanMemory(64 * kMiB, 200 * kMiB, 64, 10 * kMiB);
  EXPECT_EQ(plan.lanes, 1);
  EXPECT_GE(plan.fetched, kMiB);
  EXPECT_GE(plan.row_group, kMiB);
  EXPECT_GE(plan.held, plan.row_group);
}

}  // namespace
}  // namespace frazil::ingest
