// Reads the first records of partitions, outside of the consumer group.
#pragma once

#include <vector>

#include "source/kafka/options.h"
#include "source/log.h"

namespace frazil::source::kafka {

// As Log::ReadSample. `ends` holds the end of each partition.
Result<std::vector<record::RecordBatch>> ReadSample(const Options& options, const Positions& from,
                                                    const Positions& ends, int max_records);

}  // namespace frazil::source::kafka
