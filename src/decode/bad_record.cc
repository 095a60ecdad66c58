#include "decode/bad_record.h"

#include <fmt/format.h>

#include <algorithm>

namespace frazil::decode {

std::vector<uint32_t> IndicesOf(const std::vector<BadRecord>& bad, const record::RecordBatch& batch) {
  std::vector<uint32_t> indices;
  indices.reserve(bad.size());
  auto at = batch.records.begin();
  for (const BadRecord& one : bad) {
    at = std::find_if(at, batch.records.end(), [&](const auto& record) { return record.offset == one.offset; });
    indices.push_back(static_cast<uint32_t>(at - batch.records.begin()));
  }
  return indices;
}

std::string TooLong(const record::LeftOut& record) {
  return fmt::format(
      "it takes {} bytes unpacked, more than max_record_bytes = {}. Raise that (and memory_limit_mb, of which it is a "
      "64th by default), or have the producer send shorter ones; its value is only in the topic",
      record.bytes, record.most);
}

std::string Describe(const BadRecord& bad, const record::TopicPartition& source) {
  return fmt::format("topic '{}', partition {}, offset {}: {}", source.topic, source.partition, bad.offset, bad.reason);
}

}  // namespace frazil::decode
