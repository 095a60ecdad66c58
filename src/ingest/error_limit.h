// Stops the pipeline when too many records are bad.
#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>

#include "common/result.h"
#include "common/time/clock.h"

namespace frazil::ingest {

// Thread-safe.
class ErrorLimit {
 public:
  // Allows `most` bad records within `interval`, which begins with a bad record. nullopt: no limit.
  ErrorLimit(std::optional<int64_t> most, std::chrono::milliseconds interval, Clock& clock = Clock::System())
      : most_(most), interval_(interval), clock_(clock) {}

  // Counts `count` bad records. `one` describes one of them. kBadRecord if there are too many.
  Status Count(int64_t count, const std::string& one);

 private:
  const std::optional<int64_t> most_;
  const std::chrono::milliseconds interval_;
  Clock& clock_;
  std::mutex mutex_;
  std::optional<std::chrono::steady_clock::time_point> begin_;  // the start of the interval
  int64_t count_ = 0;                                           // bad records in the interval
  std::string first_;
};

}  // namespace frazil::ingest
