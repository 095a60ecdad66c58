// Writes records to a topic: sample data, and what tests need.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "common/result.h"

namespace frazil::source::kafka {

// Not thread-safe.
class Producer {
 public:
  virtual ~Producer() = default;
  // Blocks while the client's queue is full. `partition` -1: by the key's hash, or spread evenly without a key.
  virtual Status Send(const std::string& topic, int32_t partition, std::string_view key, std::string_view value) = 0;
  // Waits until everything sent is acknowledged; the first record that failed is the error.
  virtual Status Flush() = 0;
};

Result<std::unique_ptr<Producer>> OpenProducer(const std::string& brokers,
                                               const std::map<std::string, std::string>& properties);

}  // namespace frazil::source::kafka
