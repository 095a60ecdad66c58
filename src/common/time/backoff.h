// Waiting times between tries: exponential, each by chance between half of it and the whole (equal jitter), so that
// writers who collided do not collide again and none tries again at once.
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
