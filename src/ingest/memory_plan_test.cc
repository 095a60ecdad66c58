#include "ingest/memory_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace frazil::ingest {
namespace {

using testing::HasSubstr;

constexpr int64_t kMiB = 1 << 20;

// As the configuration has it where it says nothing of records.
MemoryNeeds Needs(int64_t limit, int64_t resident, int lanes, int64_t file_buffer) {
  return {.limit = limit * kMiB,
          .resident = resident * kMiB,
          .lanes = lanes,
          .file_buffer = file_buffer * kMiB,
          .longest_record = limit * kMiB / 64};
}

TEST(MemoryPlan, StaysWithinTheLimit) {
  for (const int lanes : {1, 2, 4, 100}) {
    for (const int64_t limit : {128, 160, 512, 4096}) {
      for (const int64_t file_buffer : {0, 10}) {
        const MemoryPlan plan = PlanMemory(Needs(limit, 60, lanes, file_buffer)).value();
        const int64_t encoding = plan.lanes * (plan.row_group + file_buffer * kMiB);
        EXPECT_LE(60 * kMiB + plan.fetched + plan.held + encoding, limit * kMiB) << limit << ", lanes " << lanes;
        EXPECT_GE(plan.held, plan.row_group) << "one encodes, the next fills";
      }
    }
  }
}

int LanesOf(MemoryNeeds needs, int64_t longest_record) {
  needs.longest_record = longest_record;
  return PlanMemory(needs).value().lanes;
}

TEST(MemoryPlan, HasNoMoreLanesThanMemoryFor) {
  EXPECT_EQ(LanesOf(Needs(4096, 50, 100, 0), 100'000), 100);
  EXPECT_EQ(LanesOf(Needs(512, 50, 100, 0), 1000), 22);
  EXPECT_EQ(LanesOf(Needs(512, 50, 100, 10), 1000), 14);
  EXPECT_EQ(LanesOf(Needs(128, 50, 100, 0), 1000), 3);
  EXPECT_EQ(LanesOf(Needs(128, 120, 100, 0), 1000), 1);
}

TEST(MemoryPlan, LongRecordsTakeLanes) {
  EXPECT_EQ(LanesOf(Needs(512, 50, 100, 0), 1 * kMiB), 21);
  EXPECT_EQ(LanesOf(Needs(512, 50, 100, 0), 8 * kMiB), 13);
  EXPECT_EQ(LanesOf(Needs(512, 50, 100, 10), 8 * kMiB), 9);
  EXPECT_EQ(LanesOf(Needs(512, 50, 100, 0), 50 * kMiB), 1);
  EXPECT_EQ(LanesOf(Needs(128, 44, 2, 0), 2 * kMiB), 2);
  EXPECT_EQ(LanesOf(Needs(160, 50, 2, 0), 160 * kMiB / 64), 2);
}

TEST(MemoryPlan, ARecordThatDoesNotFitIsRefusedByName) {
  MemoryNeeds needs = Needs(128, 50, 2, 0);
  needs.longest_record = 16 * kMiB;
  EXPECT_THAT(PlanMemory(needs).error().message,
              HasSubstr("memory_limit_mb: 128 leaves 68 MiB beside the program itself, and one record of "
                        "max_record_bytes = 16777216 takes up to 128 MiB on its way: raise memory_limit_mb by 61"));
}

TEST(MemoryPlan, LeavesEveryPartEnoughToGoOn) {
  MemoryNeeds needs = Needs(64, 200, 64, 10);
  const MemoryPlan plan = PlanMemory(needs).value();
  EXPECT_EQ(plan.lanes, 1);
  EXPECT_GE(plan.fetched, kMiB);
  EXPECT_GE(plan.row_group, kMiB);
  EXPECT_GE(plan.held, plan.row_group);
}

}  // namespace
}  // namespace frazil::ingest
