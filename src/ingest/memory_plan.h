// How a pipeline divides the memory that it may use.
#pragma once

#include <cstdint>

namespace frazil::ingest {

// All in bytes.
struct MemoryPlan {
  int lanes = 1;          // no more than there is memory for
  int64_t fetched = 0;    // fetched from the broker and not yet with a lane
  int64_t row_group = 0;  // Arrow memory of one table partition's rows that is worth encoding; a lane may take as much
                          // again while it encodes them
  int64_t held = 0;       // with the lanes, and decoded on its way into files
};

// Divides what `limit` leaves beside the `resident` bytes that the process takes before it begins, for `lanes` at most,
// each of which writes a file that buffers `file_buffer` bytes. However little that is, each part gets what is needed
// to go on.
MemoryPlan PlanMemory(int64_t limit, int64_t resident, int lanes, int64_t file_buffer);

}  // namespace frazil::ingest
