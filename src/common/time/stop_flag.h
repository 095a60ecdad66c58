// A request to stop. A signal handler or another thread sets it once, and code that waits looks at it.
#pragma once

#include <atomic>
#include <utility>

namespace frazil {

// Set is thread-safe and async-signal-safe. A flag is never reset.
class StopFlag {
 public:
  void Set() { stopped_.store(true, std::memory_order_relaxed); }
  bool IsSet() const { return stopped_.load(std::memory_order_relaxed); }

 private:
  std::atomic<bool> stopped_{false};
};

// While this object lives, waits of this thread end when `flag` is set: sleeps, HTTP requests, questions to brokers. A
// wait asks StopScope::Asked and returns kCancelled. A thread that starts others for its own work must open a scope
// with the same flag on each of them. Scopes nest, and the innermost one counts: work that must finish even during a
// stop opens a scope with a flag of its own.
class StopScope {
 public:
  explicit StopScope(const StopFlag* flag) : outer_(current_) { current_ = flag; }
  ~StopScope() { current_ = outer_; }
  StopScope(const StopScope&) = delete;
  StopScope& operator=(const StopScope&) = delete;

  static const StopFlag* Current() { return current_; }  // may be null
  static bool Asked() { return current_ != nullptr && current_->IsSet(); }
  // Sets this thread's flag and returns the one before. For simulations that run several threads on one.
  static const StopFlag* Exchange(const StopFlag* flag) { return std::exchange(current_, flag); }

 private:
  inline static thread_local const StopFlag* current_ = nullptr;
  const StopFlag* const outer_;
};

}  // namespace frazil
