#include "ingest/lanes.h"

#include <algorithm>

#include "common/log.h"
#include "common/system/thread.h"

namespace frazil::ingest {

int LaneCount(int wanted) {
  return wanted > 0 ? wanted : std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
}

Lanes::Lanes(int count, const StopFlag* give_up) : give_up_(give_up) {
  for (int lane = 0; lane < count; ++lane) {
    auto thread = StartThread("a lane", [this, lane] { Work(lane); });
    if (!thread) {
      log::warn("works with {} lanes instead of {}: {}", lane, count, thread.error().message);
      return;
    }
    threads_.push_back(*std::move(thread));
  }
}

Lanes::~Lanes() {
  {
    std::lock_guard lock(mutex_);
    closing_ = true;
  }
  ready_.notify_all();
  for (auto& thread : threads_) thread.join();
}

void Lanes::Submit(Task task) {
  {
    std::lock_guard lock(mutex_);
    queue_.push_back(std::move(task));
  }
  ready_.notify_one();
}

bool Lanes::WaitForRoom(size_t most, std::chrono::milliseconds timeout) {
  std::unique_lock lock(mutex_);
  return room_.wait_for(lock, timeout, [&] { return queue_.size() < most; });
}

void Lanes::Work(int lane) {
  const StopScope scope(give_up_);
  for (;;) {
    Task task;
    {
      std::unique_lock lock(mutex_);
      ready_.wait(lock, [&] { return closing_ || !queue_.empty(); });
      if (queue_.empty()) return;
      task = std::move(queue_.front());
      queue_.pop_front();
    }
    room_.notify_one();
    task(lane);
  }
}

}  // namespace frazil::ingest
