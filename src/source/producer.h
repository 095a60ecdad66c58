// Writing records to topics of a cluster.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "common/result.h"
#include "record/record_batch.h"

namespace frazil::source {

// In the views below, data() == nullptr means null.
struct OutgoingRecord {
  std::string_view key = {};
  std::string_view value = {};
  std::span<const record::HeaderView> headers = {};
  int64_t timestamp_ms = -1;  // since 1970; -1: the time of sending
  int32_t partition = -1;     // -1: by the hash of the key; without a key, spread evenly
};

// Not thread-safe.
class Producer {
 public:
  virtual ~Producer() = default;
  // Queues a copy of the record. Blocks while the client's queue is full.
  virtual Status Send(const std::string& topic, const OutgoingRecord& record) = 0;
  // Waits until all in-sync replicas have acknowledged everything sent. If a record failed, returns the error of the
  // first.
  virtual Status Flush() = 0;
};

}  // namespace frazil::source
