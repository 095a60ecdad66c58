// "Please stop", said once by a signal handler or another thread, and heard by whoever waits. Thread-safe and
// async-signal-safe to set; never reset.
#pragma once

#include <atomic>

namespace frazil {

class StopFlag {
 public:
  void Set() { stopped_.store(true, std::memory_order_relaxed); }
  bool IsSet() const { return stopped_.load(std::memory_order_relaxed); }

 private:
  std::atomic<bool> stopped_{false};
};

}  // namespace frazil
