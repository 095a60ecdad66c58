// Changes to an offset state: forward by a commit's range, back when a range is undone, and changed counts when bad
// records are replayed.
#pragma once

#include <cstdint>

#include "common/result.h"
#include "record/offset_range.h"
#include "record/row_origins.h"
#include "table/offset_state.h"

namespace frazil::table {

// Applies `range` to its partition. kFenced if the range does not begin at the partition's `next`; kInternal if its
// counts do not add up. After a range that goes back, the partition counts anew from there.
Status Advance(OffsetState& state, const record::OffsetRange& range);
// How many offsets of `run` the partition's counts include. After a rewind, the counts do not include earlier offsets.
int64_t CountedOf(const PartitionState& partition, const record::RowOrigin& run);
// Counts replayed bad records as rows: each offset of `replayed` in the state's topic. kInvalidArgument if the
// partition has not counted that many errors.
Status CountReplayed(OffsetState& state, const record::RowOrigins& replayed);
// Undoes CountReplayed, as far as the state still counts these offsets.
void UncountReplayed(OffsetState& state, const record::RowOrigins& replayed);
// Undoes Advance of `range`. kInvalidArgument if the partition does not stand at the end of the range.
Status Retreat(OffsetState& state, const record::OffsetRange& range);

}  // namespace frazil::table
