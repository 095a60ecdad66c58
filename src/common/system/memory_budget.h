// One count of the bytes a pipeline holds between the broker and the table (invariant "bounded"). Thread-safe.
#pragma once

#include <atomic>
#include <cstdint>
#include <utility>

namespace frazil {

class MemoryBudget {
 public:
  explicit MemoryBudget(int64_t limit) : limit_(limit) {}
  MemoryBudget() = default;

  // To be called before anybody else has it.
  void SetLimit(int64_t limit) { limit_ = limit; }

  int64_t used() const { return used_.load(std::memory_order_relaxed); }
  int64_t limit() const { return limit_; }
  // A tenth is kept back for encoding, uploading and committing, so that what is held can always be written out.
  bool spent() const { return used() > limit_ - limit_ / 10; }

 private:
  friend class MemoryShare;
  int64_t limit_ = 0;
  std::atomic<int64_t> used_{0};
};

// Bytes taken from a budget, given back when this goes. The budget is never refused: whoever fetches asks spent()
// first, so it is overdrawn by at most what was on its way.
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
  // What was a guess is known now.
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
