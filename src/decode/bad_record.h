// Records that cannot become rows.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "record/record_batch.h"

namespace frazil::decode {

struct BadRecord {
  int64_t offset = 0;
  std::string reason;  // for people, with what to do
};

// Where these, in the order of their offsets, are among the records of `batch`.
std::vector<uint32_t> IndicesOf(const std::vector<BadRecord>& bad, const record::RecordBatch& batch);

// The reason of a record that the source left out.
std::string TooLong(const record::LeftOut& record);

// "topic 'orders', partition 0, offset 4711: …"
std::string Describe(const BadRecord& bad, const record::TopicPartition& source);

}  // namespace frazil::decode
