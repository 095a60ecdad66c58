// Counts the bytes that a pipeline holds between the broker and the table (invariant "bounded" in
// docs/exactly-once.md). Thread-safe.
#pragma once

#include <atomic>
#include <cstdint>
#include <utility>

namespace frazil {

class MemoryBudget {
 public:
  explicit MemoryBudget(int64_t limit) : limit_(limit) {}
  MemoryBudget() = default;

  // Call it before other threads use this object.
  void SetLimit(int64_t limit) { limit_ = limit; }

  int64_t used() const { return used_.load(std::memory_order_relaxed); }
  int64_t limit() const { return limit_; }
  // True when nine tenths of the limit are in use. The last tenth is kept for encoding, uploading and committing, so
  // that records in memory can always be written out.
  bool spent() const { return used() > limit_ - limit_ / 10; }

 private:
  friend class MemoryShare;
  int64_t limit_ = 0;
  std::atomic<int64_t> used_{0};
};

// Bytes taken from a budget. The destructor gives them back. Taking never fails: the code that fetches asks spent()
// before it fetches, so the budget is exceeded at most by what was on its way.
class MemoryShare {
 public:
  MemoryShare() = default;
  MemoryShare(MemoryBudget& budget, int64_t bytes) : budget_(&budget), bytes_(bytes) {
    budget.used_.fetch_add(bytes, std::memory_order_relaxed);
  }
  MemoryShare(MemoryShare&& other) noexcept
      : budget_(std::exchange(other.budget_, nullptr)), bytes_(std::exchange(other.bytes_, 0)) {}
  MemoryShare& operator=(MemoryShare&& other) noexcept {
    std::swap(budget_, other.budget_);
    std::swap(bytes_, other.bytes_);
    return *this;
  }
  ~MemoryShare() {
    if (budget_ != nullptr) budget_->used_.fetch_sub(bytes_, std::memory_order_relaxed);
  }
  int64_t bytes() const { return bytes_; }
  // Corrects the number of bytes, for when the first number was an estimate.
  void Resize(int64_t bytes) {
    if (budget_ == nullptr) return;
    budget_->used_.fetch_add(bytes - bytes_, std::memory_order_relaxed);
    bytes_ = bytes;
  }

 private:
  MemoryBudget* budget_ = nullptr;
  int64_t bytes_ = 0;
};

}  // namespace frazil
