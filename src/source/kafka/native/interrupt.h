// Ends the waits of other threads, on sockets or in Sleep. It is set once, and never reset. Thread-safe.
#pragma once

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>

#include "common/system/descriptor.h"
#include "common/time/stop_flag.h"

namespace frazil::source::kafka {

class Interrupt {
 public:
  Interrupt() : descriptor_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

  void Set() const {
    flag_.Set();
    const uint64_t one = 1;
    [[maybe_unused]] const auto written = write(descriptor_.get(), &one, sizeof one);
  }
  // Sleeps for `time`. Returns false if the interrupt was set before or meanwhile.
  bool Sleep(std::chrono::milliseconds time) const {
    if (flag_.IsSet()) return false;
    pollfd waiting{descriptor_.get(), POLLIN, 0};
    return poll(&waiting, 1, static_cast<int>(time.count())) == 0;
  }
  const StopFlag* flag() const { return &flag_; }  // for a StopScope
  int descriptor() const {
    return descriptor_.get();
  }  // readable once set; -1, which poll(2) ignores, if no descriptor was left

 private:
  mutable StopFlag flag_;
  const Descriptor descriptor_;
};

}  // namespace frazil::source::kafka
