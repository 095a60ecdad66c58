// How a pipeline divides the memory that it may use.
#pragma once

#include <cstdint>

#include "common/result.h"

namespace frazil::ingest {

// All in bytes.
struct MemoryPlan {
  int lanes = 1;          // no more than there is memory for
  int64_t fetched = 0;    // fetched from the broker and not yet with a lane
  int64_t row_group = 0;  // Arrow memory of one table partition's rows that is worth encoding; a lane may take as much
                          // again while it encodes them
  int64_t held = 0;       // with the lanes, and decoded on its way into files
};

// A record takes up to so many times its length on its way: as it came, parsed, as columns, encoded and packed.
constexpr int64_t kRecordTimes = 8;

// All in bytes.
struct MemoryNeeds {
  int64_t limit = 0;
  int64_t resident = 0;     // what the process takes before it begins
  int lanes = 1;            // at most
  int64_t file_buffer = 0;  // of a file that is being written; each lane writes one
  int64_t longest_record = 0;
};

// Divides what the limit leaves beside the process itself. However little that is, each part gets what is needed to go
// on; but kInvalidArgument where one record of the longest does not fit.
Result<MemoryPlan> PlanMemory(const MemoryNeeds& needs);

}  // namespace frazil::ingest
