#include "ingest/memory_plan.h"

#include <algorithm>

namespace frazil::ingest {
namespace {

constexpr int64_t kMiB = 1 << 20;
// What libraries take when they are first used (with their code), and the stacks of threads.
constexpr int64_t kStillToCome = 10 * kMiB;
// The same for upload libraries: connections, and the data that they are sending.
constexpr int64_t kStillToComeOfUploads = 12 * kMiB;
// How many records of the greatest length may be fetched while a lane works on one.
constexpr int64_t kWaiting = 2;
// Little is enough: fetching must only be a little ahead of the lanes, and the broker answers within milliseconds.
constexpr int64_t kLeastFetched = 2 * kMiB, kMostFetched = 32 * kMiB;
// Large enough that readers can skip and scan well, and small enough that many lanes fit.
constexpr int64_t kLeastRowGroup = 4 * kMiB, kMostRowGroup = 64 * kMiB;
constexpr int64_t kLeastHeld = 8 * kMiB;

}  // namespace

Result<MemoryPlan> PlanMemory(const MemoryNeeds& needs) {
  const int64_t to_come = kStillToCome + (needs.file_buffer > 0 ? kStillToComeOfUploads : 0);
  const int64_t free = std::max(needs.limit / 8, needs.limit - needs.resident - to_come);
  const int64_t one_record = kRecordTimes * needs.longest_record;
  if (one_record > free) {
    return Fail(ErrorKind::kInvalidArgument,
                "memory_limit_mb: {} leaves {} MiB beside the program itself, and one record of max_record_bytes = {} "
                "takes up to {} MiB on its way: raise memory_limit_mb by {} or more, or lower max_record_bytes",
                needs.limit / kMiB, free / kMiB, needs.longest_record, one_record / kMiB,
                (one_record - free) / kMiB + 1);
  }
  MemoryPlan plan;
  // All lanes may have a record of the greatest length at the same time. Then one lane works on its record, and the
  // others only hold theirs.
  const int64_t lane = kLaneShare + needs.longest_record + needs.file_buffer;
  const int64_t in_turn = one_record + kWaiting * needs.longest_record;
  const int lanes = static_cast<int>(std::clamp<int64_t>((free - in_turn) / lane, 1, needs.lanes));
  plan.lanes = lanes;
  plan.long_records = one_record;
  plan.fetched = std::clamp(free / 8, kLeastFetched, kMostFetched);
  // Half of the free memory is for encoding: one part for row groups, an equal part for their copies.
  plan.row_group = std::clamp(free / (int64_t{4} * lanes), kLeastRowGroup, kMostRowGroup);
  plan.held = std::max(kLeastHeld, free - plan.fetched - lanes * (plan.row_group + needs.file_buffer));
  return plan;
}

}  // namespace frazil::ingest
