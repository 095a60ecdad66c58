// Turns a flood of bad records into a stop.
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
  // At most `most` within `interval`, which begins with a bad record; without a number any.
  ErrorLimit(std::optional<int64_t> most, std::chrono::milliseconds interval, Clock& clock = Clock::System())
      : most_(most), interval_(interval), clock_(clock) {}

  // `count` bad records came, of which `one` is described. kBadRecord where these are too many.
  Status Count(int64_t count, const std::string& one);

 private:
  const std::optional<int64_t> most_;
  const std::chrono::milliseconds interval_;
  Clock& clock_;
  std::mutex mutex_;
  std::optional<std::chrono::steady_clock::time_point> begin_;  // of the interval
  int64_t count_ = 0;                                           // in it
  std::string first_;
};

}  // namespace frazil::ingest
