// Records that cannot become rows.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "record/record_batch.h"

namespace frazil::decode {

struct BadRecord {
  int64_t offset = 0;
  std::string reason;  // for people; says what to do
};

// The indexes of the bad records in `batch`. `bad` must be in the order of offsets.
std::vector<uint32_t> IndicesOf(const std::vector<BadRecord>& bad, const record::RecordBatch& batch);

// The reason for a record that the source left out because it is too long.
std::string TooLong(const record::LeftOut& record);

// A message: "topic 'orders', partition 0, offset 4711: REASON".
std::string Describe(const BadRecord& bad, const record::TopicPartition& source);

}  // namespace frazil::decode
