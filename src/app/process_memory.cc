#include "app/process_memory.h"

#include <malloc.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <thread>

namespace frazil::app {

void ShareHeaps() {
  constexpr unsigned kCoresAHeap = 8;
  mallopt(M_ARENA_MAX, static_cast<int>(std::max(1U, std::thread::hardware_concurrency() / kCoresAHeap)));
  // An allocation of this size goes straight back to the system when it is freed, instead of leaving a hole in a heap.
  // As a rule only long records need such allocations, so others do not pay for it.
  mallopt(M_MMAP_THRESHOLD, 2 << 20);
  // the value that glibc would derive from the threshold above, had that been left to adapt
  mallopt(M_TRIM_THRESHOLD, 64 << 20);
  constexpr int kKeepWhatTheUserSays = 0;
  setenv("ARROW_DEFAULT_MEMORY_POOL", "system", kKeepWhatTheUserSays);
}

int64_t ResidentBytes() {
  std::ifstream statm("/proc/self/statm");  // proc(5): size and resident, in pages
  int64_t size = 0, resident = 0;
  return statm >> size >> resident ? resident * sysconf(_SC_PAGESIZE) : 0;
}

void ReturnFreeMemory() { malloc_trim(0); }

bool MemoryWatch::Short() {
  if (ResidentBytes() <= most_) return false;
  std::lock_guard lock(mutex_);
  if (const auto start = std::chrono::steady_clock::now(); start >= next_trim_) {
    ReturnFreeMemory();
    const auto end = std::chrono::steady_clock::now();
    next_trim_ = end + 9 * (end - start);
  }
  return ResidentBytes() > most_;
}

}  // namespace frazil::app
