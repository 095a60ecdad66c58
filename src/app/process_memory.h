// How the process as a whole holds memory.
#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>

namespace frazil::app {

// Makes all threads, and Arrow, allocate from few heaps: one for each eight cores. With a heap for each thread, memory
// that one thread frees is lost to all others, and that costs more than the memory in use. Allocations here are large
// and rare, so threads hardly ever wait for a heap. Call it before there is a second thread and before the first use of
// Arrow.
void ShareHeaps();

// The resident set of the process in bytes, libraries included; 0 if the system does not tell.
int64_t ResidentBytes();

// Returns memory that the process has freed to the system.
void ReturnFreeMemory();

// Watches the resident memory of the whole process. Frazil counts what it holds, but allocators keep what is freed and
// libraries do not say what they hold, so that count alone is not enough. Thread-safe.
class MemoryWatch {
 public:
  explicit MemoryWatch(int64_t limit) : most_(limit - limit / 10) {}

  // True if the process holds more than nine tenths of `limit` bytes, even after freed memory went back to the system.
  // Takes microseconds, and at most a tenth of the time if it is called again and again.
  bool Short();

 private:
  const int64_t most_;
  std::mutex mutex_;
  std::chrono::steady_clock::time_point next_trim_;
};

}  // namespace frazil::app
