// Reads long stretches of partitions to their ends, outside the consumer group.
#pragma once

#include "common/result.h"
#include "source/kafka/options.h"
#include "source/log.h"

namespace frazil::source::kafka {

// As Log::ReadBetween. `until` must not lie behind what is visible: the end would be waited for.
Status ReadStretches(const Options& options, const Positions& from, const Positions& until, const Log::Take& take);

// The same in pieces (RecordBatch::UnpackPiece), until `take` says false: then nothing more of the piece's partition is
// wanted.
using TakePiece = std::function<Result<bool>(const record::RecordBatch& piece)>;
Status ReadPieces(const Options& options, const Positions& from, const Positions& until, const TakePiece& take);

}  // namespace frazil::source::kafka
