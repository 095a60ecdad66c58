// Waiting that a stop flag ends early.
#pragma once

#include <algorithm>
#include <chrono>

#include "common/clock.h"
#include "common/stop_flag.h"

namespace frazil {

// Sleeps for `duration`, or until `stop` is set (noticed within 100 ms); `stop` may be null. False if it is set.
inline bool SleepUnlessStopped(Clock& clock, std::chrono::milliseconds duration, const StopFlag* stop) {
  constexpr auto kCheckEvery = std::chrono::milliseconds(100);
  const auto stopped = [&] { return stop != nullptr && stop->IsSet(); };
  while (!stopped() && duration.count() > 0) {
    const auto step = std::min(duration, kCheckEvery);
    clock.Sleep(step);
    duration -= step;
  }
  return !stopped();
}

}  // namespace frazil
