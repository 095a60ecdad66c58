// An abstract mutex. Tests that simulate several threads on one thread replace it with their own way of waiting.
#pragma once

#include <mutex>

namespace frazil {

// Meets BasicLockable, so std::lock_guard<Lock> takes it.
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
