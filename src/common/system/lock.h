// Mutual exclusion, as a seam: tests that play threads on one thread wait in their own way.
#pragma once

#include <mutex>

namespace frazil {

// For std::lock_guard<Lock>.
class Lock {
 public:
  virtual ~Lock() = default;
  virtual void lock() = 0;
  virtual void unlock() = 0;
};

class ThreadLock final : public Lock {
 public:
  void lock() override { mutex_.lock(); }
  void unlock() override { mutex_.unlock(); }

 private:
  std::mutex mutex_;
};

}  // namespace frazil
