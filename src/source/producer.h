// Writes records to topics of a cluster.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "common/result.h"
#include "record/record_batch.h"

namespace frazil::source {

// A null key or value has data() == nullptr.
struct OutgoingRecord {
  std::string_view key = {};
  std::string_view value = {};
  std::span<const record::HeaderView> headers = {};
  int64_t timestamp_ms = -1;  // -1: the time it is sent at
  int32_t partition = -1;     // -1: by the key's hash, or spread evenly without a key
};

// Not thread-safe.
class Producer {
 public:
  virtual ~Producer() = default;
  // Copies the record. Blocks while the client's queue is full.
  virtual Status Send(const std::string& topic, const OutgoingRecord& record) = 0;
  // Waits until everything sent is acknowledged by all replicas that are in sync; the first record that failed is the
  // error.
  virtual Status Flush() = 0;
};

}  // namespace frazil::source
