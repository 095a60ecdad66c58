// "Please stop", said once by a signal handler or another thread, and heard by whoever waits.
#pragma once

#include <atomic>
#include <utility>

namespace frazil {

// Thread-safe and async-signal-safe to set; never reset.
class StopFlag {
 public:
  void Set() { stopped_.store(true, std::memory_order_relaxed); }
  bool IsSet() const { return stopped_.load(std::memory_order_relaxed); }

 private:
  std::atomic<bool> stopped_{false};
};

// Which flag the waits of this thread hear, while it lives: sleeps, requests to servers, questions to brokers. Each of
// them asks StopScope::Asked and ends with kCancelled. A thread that makes others for its own work hands it on. Scopes
// nest; the innermost counts, so that what must come to its end within a stop gets a flag of its own.
class StopScope {
 public:
  explicit StopScope(const StopFlag* flag) : outer_(current_) { current_ = flag; }
  ~StopScope() { current_ = outer_; }
  StopScope(const StopScope&) = delete;
  StopScope& operator=(const StopScope&) = delete;

  static const StopFlag* Current() { return current_; }  // may be null
  static bool Asked() { return current_ != nullptr && current_->IsSet(); }
  // For who plays several threads on one: what the next one hears, for what this one heard.
  static const StopFlag* Exchange(const StopFlag* flag) { return std::exchange(current_, flag); }

 private:
  inline static thread_local const StopFlag* current_ = nullptr;
  const StopFlag* const outer_;
};

}  // namespace frazil
