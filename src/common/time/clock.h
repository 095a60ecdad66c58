// An abstract clock, so that tests can control time.
#pragma once

#include <chrono>
#include <cstdint>

namespace frazil {

class Clock {
 public:
  virtual ~Clock() = default;
  virtual int64_t NowMillis() = 0;                             // since the Unix epoch; may jump
  virtual std::chrono::steady_clock::time_point Steady() = 0;  // never jumps
  virtual void Sleep(std::chrono::milliseconds duration) = 0;

  static Clock& System();  // thread-safe
};

}  // namespace frazil
