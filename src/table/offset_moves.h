// How an offset state moves: on with a commit's ranges, back where they are taken back, and what replayed bad records
// change of its counts.
#pragma once

#include <cstdint>

#include "common/result.h"
#include "record/offset_range.h"
#include "record/row_origins.h"
#include "table/offset_state.h"

namespace frazil::table {

// The range is applied to its partition: kFenced if it does not begin at `next`, kInternal if its counts do not add up.
// After one that goes back the partition counts anew from there.
Status Advance(OffsetState& state, const record::OffsetRange& range);
// Of a run of offsets those that the partition counts: after it was moved back, what lies before is in no count.
int64_t CountedOf(const PartitionState& partition, const record::RowOrigin& run);
// Bad records have become rows: each offset of `replayed` that is of the state's topic. kInvalidArgument where it does
// not count as many.
Status CountReplayed(OffsetState& state, const record::RowOrigins& replayed);
// Takes that back, as far as the state still counts them.
void UncountReplayed(OffsetState& state, const record::RowOrigins& replayed);
// The range is taken back from its partition: kInvalidArgument if the partition does not stand at its end.
Status Retreat(OffsetState& state, const record::OffsetRange& range);

}  // namespace frazil::table
