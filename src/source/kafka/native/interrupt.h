// Ends whatever waits, on a socket or otherwise, from another thread. Stays set.
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
  // False if it was set meanwhile.
  bool Sleep(std::chrono::milliseconds time) const {
    if (flag_.IsSet()) return false;
    pollfd waiting{descriptor_.get(), POLLIN, 0};
    return poll(&waiting, 1, static_cast<int>(time.count())) == 0;
  }
  const StopFlag* flag() const { return &flag_; }  // for a StopScope
  int descriptor() const {
    return descriptor_.get();
  }  // readable once set; -1, which poll ignores, if there was none left

 private:
  mutable StopFlag flag_;
  const Descriptor descriptor_;
};

}  // namespace frazil::source::kafka
