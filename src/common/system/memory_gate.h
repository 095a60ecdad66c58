// Lets threads take a shared number of bytes in turn, because there is not enough for all of them at once.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <utility>

#include "common/result.h"
#include "common/time/stop_flag.h"

namespace frazil {

// Thread-safe. While nobody holds a pass, a thread gets any number of bytes, even more than the limit of the gate. A
// thread that holds a pass must not wait for another one.
class MemoryGate {
 public:
  explicit MemoryGate(int64_t bytes) : limit_(bytes) {}

  // The right to use the bytes. Its destructor gives them back.
  class Pass {
   public:
    Pass() = default;
    Pass(Pass&& other) noexcept : gate_(std::exchange(other.gate_, nullptr)), bytes_(other.bytes_) {}
    Pass& operator=(Pass&& other) noexcept {
      std::swap(gate_, other.gate_);
      std::swap(bytes_, other.bytes_);
      return *this;
    }
    ~Pass() {
      if (gate_ != nullptr) gate_->Leave(bytes_);
    }

   private:
    friend class MemoryGate;
    Pass(MemoryGate& gate, int64_t bytes) : gate_(&gate), bytes_(bytes) {}
    MemoryGate* gate_ = nullptr;
    int64_t bytes_ = 0;
  };

  // Waits until `bytes` are free. kCancelled if the StopScope of the thread is asked to stop meanwhile.
  Result<Pass> Enter(int64_t bytes) {
    constexpr auto kCheckEvery = std::chrono::milliseconds(100);
    std::unique_lock lock(mutex_);
    while (!free_.wait_for(lock, kCheckEvery, [&] { return used_ == 0 || used_ + bytes <= limit_; })) {
      if (StopScope::Asked()) return Fail(ErrorKind::kCancelled, "asked to stop while waiting for memory");
    }
    used_ += bytes;
    return Pass(*this, bytes);
  }

 private:
  void Leave(int64_t bytes) {
    {
      std::lock_guard lock(mutex_);
      used_ -= bytes;
    }
    free_.notify_all();
  }

  const int64_t limit_;
  std::mutex mutex_;
  std::condition_variable free_;
  int64_t used_ = 0;
};

}  // namespace frazil
