// A range of one partition's offsets, and how many of them became rows, errors and so on.
#pragma once

#include <cstdint>

#include "record/record_batch.h"

namespace frazil::record {

// How many offsets of a range met each outcome. The counts of an OffsetRange add up to next - first (invariant
// "accounted" in docs/exactly-once.md).
struct OffsetCounts {
  int64_t rows = 0;     // became a row of this table
  int64_t errors = 0;   // went to the errors table
  int64_t skipped = 0;  // left out by a named policy (on_bad_record: skip, tombstones)
  int64_t routed = 0;   // went to another table
  int64_t gaps = 0;     // no record to read: control records, aborted transactions, compacted records

  int64_t total() const { return rows + errors + skipped + routed + gaps; }
  OffsetCounts& operator+=(const OffsetCounts& other) {
    rows += other.rows;
    errors += other.errors;
    skipped += other.skipped;
    routed += other.routed;
    gaps += other.gaps;
    return *this;
  }
  OffsetCounts& operator-=(const OffsetCounts& other) {
    rows -= other.rows;
    errors -= other.errors;
    skipped -= other.skipped;
    routed -= other.routed;
    gaps -= other.gaps;
    return *this;
  }
  bool operator==(const OffsetCounts&) const = default;
};

// A move of one partition's position, from `first` to `next`. Offsets are Kafka's.
struct OffsetRange {
  TopicPartition source;
  int64_t first = 0;
  int64_t next = 0;
  int32_t leader_epoch = -1;
  OffsetCounts counts;

  // True for a rewind: the records from `next` on are read again. A rewind has no counts.
  bool goes_back() const { return next < first; }
  // True if nothing moved, and the range only records where reading begins.
  bool is_start() const { return next == first && counts.total() == 0; }
};

}  // namespace frazil::record
