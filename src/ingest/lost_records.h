// Records that the topic's retention deleted before they were read.
#pragma once

#include <cstdint>
#include <map>

#include "common/result.h"
#include "source/log.h"

namespace frazil::ingest {

struct LostRecords {
  int64_t first = 0;  // the first lost offset
  int64_t next = 0;   // where the log begins now

  int64_t count() const { return next - first; }  // an upper bound: some offsets may have been gaps
};

// Finds lost records in each partition, which is to be read from its position in `positions`. Partitions without lost
// records are left out.
Result<std::map<source::TopicPartition, LostRecords>> FindLostRecords(source::Log& source,
                                                                      const source::Positions& positions);

}  // namespace frazil::ingest
