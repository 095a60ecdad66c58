// Waiting times between attempts: exponential backoff with equal jitter. Each time is random between half of the
// current ceiling and the whole ceiling, and the ceiling doubles up to `most`. So writers that collided do not collide
// again, and no one retries at once.
#pragma once

#include <algorithm>
#include <chrono>

#include "common/random.h"

namespace frazil {

class Backoff {
 public:
  Backoff(std::chrono::milliseconds first, std::chrono::milliseconds most) : next_(first), most_(most) {}

  std::chrono::milliseconds Next() {
    const auto ceiling = next_;
    next_ = std::min(next_ * 2, most_);
    return ceiling / 2 + std::chrono::milliseconds(RandomUint64() % static_cast<uint64_t>(ceiling.count() / 2 + 1));
  }

 private:
  std::chrono::milliseconds next_;
  std::chrono::milliseconds most_;
};

}  // namespace frazil
