// The first records of partitions, read outside the consumer group.
#pragma once

#include <vector>

#include "source/kafka/options.h"
#include "source/log.h"

namespace frazil::source::kafka {

// As Log::ReadSample; the log ends at `ends`.
Result<std::vector<record::RecordBatch>> ReadSample(const Options& options, const Positions& from,
                                                    const Positions& ends, int max_records);

}  // namespace frazil::source::kafka
