// What became of a stretch of one partition's offsets.
#pragma once

#include <cstdint>

#include "record/record_batch.h"

namespace frazil::record {

// next - first == rows + errors + skipped + routed + gaps (invariant "accounted").
struct OffsetCounts {
  int64_t rows = 0;     // became a row of this table
  int64_t errors = 0;   // went to the errors table
  int64_t skipped = 0;  // left out by a named policy (on_bad_record: skip, tombstones)
  int64_t routed = 0;   // went to another table
  int64_t gaps = 0;     // control records, aborted transactions, compaction

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

// From where a partition stood to where it stands.
struct OffsetRange {
  TopicPartition source;
  int64_t first = 0;
  int64_t next = 0;
  int32_t leader_epoch = -1;
  OffsetCounts counts;

  // A rewind: what came from `next` on is read again. It has no counts.
  bool goes_back() const { return next < first; }
  // Nothing moved: only recorded where reading begins.
  bool is_start() const { return next == first && counts.total() == 0; }
};

}  // namespace frazil::record
