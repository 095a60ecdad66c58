// Reads ranges of partitions to their end, outside of the consumer group.
#pragma once

#include "common/result.h"
#include "source/kafka/options.h"
#include "source/log.h"

namespace frazil::source::kafka {

// As Log::ReadBetween. `until` must not lie beyond the visible end: this would wait for records that do not exist.
Status ReadStretches(const Options& options, const Positions& from, const Positions& until, const Log::Take& take);

// Reads in pieces (RecordBatch::UnpackPiece). When `take` returns false, no more pieces of that partition are read.
using TakePiece = std::function<Result<bool>(const record::RecordBatch& piece)>;
Status ReadPieces(const Options& options, const Positions& from, const Positions& until, const TakePiece& take);

}  // namespace frazil::source::kafka
