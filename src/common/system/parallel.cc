#include "common/system/parallel.h"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <vector>

#include "common/system/thread.h"
#include "common/time/stop_flag.h"

namespace frazil {

Status ForEachInParallel(size_t count, size_t threads, const std::function<Status(size_t index)>& work) {
  std::atomic<size_t> next{0};
  std::mutex mutex;
  Status first;
  const StopFlag* const stop = StopScope::Current();
  const auto run = [&] {
    const StopScope scope(stop);
    for (size_t index = next++; index < count; index = next++) {
      Status done = OrThrown("working in parallel", [&] { return work(index); });
      if (done) continue;
      next = count;
      std::lock_guard lock(mutex);
      if (first) first = std::move(done);
    }
  };
  std::vector<std::thread> others;
  for (size_t i = 1; i < std::min(count, threads); ++i) {
    auto other = StartThread("working in parallel", run);
    if (!other) break;  // the threads that exist do all the work
    others.push_back(*std::move(other));
  }
  run();
  for (std::thread& thread : others) thread.join();
  return first;
}

}  // namespace frazil
