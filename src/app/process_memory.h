// How the process as a whole holds memory.
#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>

namespace frazil::app {

// Makes all threads, and Arrow with them, allocate from few heaps. A heap for each thread keeps what one thread freed
// from all others, which costs more than the memory that is in use; and what is allocated here is large and seldom, so
// that hardly anybody waits. To be called before there is a second thread and before anything of Arrow.
void ShareHeaps();

// Bytes of the process that are in memory now, libraries included; 0 if the system does not tell.
int64_t ResidentBytes();

// Gives the system back what the process has freed.
void ReturnFreeMemory();

// Keeps the process near a limit where the count of what is held is not enough: allocators keep what is freed, and
// libraries do not tell what they hold. Thread-safe.
class MemoryWatch {
 public:
  explicit MemoryWatch(int64_t limit) : most_(limit - limit / 10) {}

  // True if the process comes near the limit, what it has no use for given back to the system. Takes microseconds, and
  // of the time of whoever asks again and again a tenth at most.
  bool Short();

 private:
  const int64_t most_;
  std::mutex mutex_;
  std::chrono::steady_clock::time_point next_trim_;
};

}  // namespace frazil::app
