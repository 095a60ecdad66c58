// A sleep that a stop request ends early.
#pragma once

#include <algorithm>
#include <chrono>

#include "common/time/clock.h"
#include "common/time/stop_flag.h"

namespace frazil {

// Sleeps for `duration`. The sleep ends early, within 100 ms, if `stop` (may be null) or the flag of this thread's
// StopScope is set. Returns false if either is set.
inline bool SleepUnlessStopped(Clock& clock, std::chrono::milliseconds duration, const StopFlag* stop = nullptr) {
  constexpr auto kCheckEvery = std::chrono::milliseconds(100);
  const auto stopped = [&] { return (stop != nullptr && stop->IsSet()) || StopScope::Asked(); };
  while (!stopped() && duration.count() > 0) {
    const auto step = std::min(duration, kCheckEvery);
    clock.Sleep(step);
    duration -= step;
  }
  return !stopped();
}

}  // namespace frazil
