// Divides the memory that a pipeline may use.
#pragma once

#include <cstdint>

#include "common/result.h"

namespace frazil::ingest {

// All sizes are in bytes.
struct MemoryPlan {
  int lanes = 1;        // the number of lanes that the memory allows
  int64_t fetched = 0;  // fetched records that wait for a lane
  // Rows of one table partition are encoded when they take this much Arrow memory. A lane may use as much again while
  // it encodes them.
  int64_t row_group = 0;
  int64_t held = 0;          // records with the lanes, and decoded rows that wait to be written
  int64_t long_records = 0;  // what the records that exceed a lane's own share take together
};

// A record takes up to this many times its length: as received, parsed, as columns, encoded and compressed.
constexpr int64_t kRecordTimes = 8;
// The bytes that each lane always has for records, their columns, the copies by partition, and encoded data. Records
// that take more go through the lanes in turn (MemoryPlan::long_records).
constexpr int64_t kLaneShare = int64_t{20} << 20;

// All sizes are in bytes.
struct MemoryNeeds {
  int64_t limit = 0;
  int64_t resident = 0;     // what the process uses before the pipeline begins
  int lanes = 1;            // the most lanes that are wanted
  int64_t file_buffer = 0;  // the buffer of an open output file; each lane writes one
  int64_t longest_record = 0;
};

// Divides the memory that the process leaves of the limit. However little that is, each part gets what it needs to
// work. kInvalidArgument if one record of the greatest length does not fit.
Result<MemoryPlan> PlanMemory(const MemoryNeeds& needs);

}  // namespace frazil::ingest
