// Lanes: threads, one per core, that run tasks from one queue. A task is large (a fetched batch, a file to encode), so
// the queue's lock is taken about once per 10^4 records.
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

// `wanted`, or the number of cores if it is 0.
int LaneCount(int wanted);

// Thread-safe. The destructor runs all queued tasks first.
class Lanes {
 public:
  using Task = std::function<void(int lane)>;

  // If the machine has too few threads, there are fewer lanes, or none: see count(). When `give_up` (may be null) is
  // set, waits inside tasks end.
  explicit Lanes(int count, const StopFlag* give_up = nullptr);
  ~Lanes();
  Lanes(const Lanes&) = delete;
  Lanes& operator=(const Lanes&) = delete;

  int count() const { return static_cast<int>(threads_.size()); }
  void Submit(Task task);
  // Waits until fewer than `most` tasks are queued. False after `timeout`.
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
