// Lanes: one thread a core that take whatever task is ready. Tasks are large (a fetched batch, a file to encode), so
// the queue's lock is taken once in 10^4 records.
#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "common/time/stop_flag.h"

namespace frazil::ingest {

// As many as `wanted`, or for 0 one a core.
int LaneCount(int wanted);

// Thread-safe. The destructor finishes what is queued.
class Lanes {
 public:
  using Task = std::function<void(int lane)>;

  // There are fewer, or none, where the machine gives no more threads: count() tells. What tasks wait for is given up
  // when `give_up`, which may be null, is set.
  explicit Lanes(int count, const StopFlag* give_up = nullptr);
  ~Lanes();
  Lanes(const Lanes&) = delete;
  Lanes& operator=(const Lanes&) = delete;

  int count() const { return static_cast<int>(threads_.size()); }
  void Submit(Task task);
  // Waits until fewer than `most` tasks are queued; false if it took longer than `timeout`.
  bool WaitForRoom(size_t most, std::chrono::milliseconds timeout);

 private:
  void Work(int lane);

  const StopFlag* const give_up_;
  std::mutex mutex_;
  std::condition_variable ready_;
  std::condition_variable room_;
  std::deque<Task> queue_;
  bool closing_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace frazil::ingest
