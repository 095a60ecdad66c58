#include "source/kafka/native/bytes_pool.h"

#include <utility>

namespace frazil::source::kafka {
namespace {

constexpr size_t kMostWaste = 4;  // times the size, so that a small answer does not occupy a large block
constexpr size_t kAlsoFits = 8;   // a new block is larger by 1/8, so that the next answer fits too

}  // namespace

std::unique_ptr<Bytes> BytesPool::Idle::Find(size_t size) {
  std::lock_guard lock(mutex_);
  auto best = blocks_.end();
  for (auto at = blocks_.begin(); at != blocks_.end(); ++at) {
    const size_t capacity = (*at)->capacity();
    if (capacity < size || capacity / kMostWaste > size) continue;
    if (best == blocks_.end() || capacity < (*best)->capacity()) best = at;
  }
  if (best == blocks_.end()) return nullptr;
  std::unique_ptr<Bytes> found = std::move(*best);
  blocks_.erase(best);
  bytes_ -= found->capacity();
  return found;
}

void BytesPool::Idle::Keep(std::unique_ptr<Bytes> block) {
  block->Clear();
  std::vector<std::unique_ptr<Bytes>> surplus;  // freed without the lock
  std::lock_guard lock(mutex_);
  bytes_ += block->capacity();
  blocks_.push_back(std::move(block));
  // The oldest go first: the newest are still in the CPU caches, and have a size that is in use now.
  while (bytes_ > most_) {
    bytes_ -= blocks_.front()->capacity();
    surplus.push_back(std::move(blocks_.front()));
    blocks_.erase(blocks_.begin());
  }
}

std::shared_ptr<Bytes> BytesPool::Take(size_t size) {
  std::unique_ptr<Bytes> block = idle_->Find(size);
  if (block == nullptr) {
    block = std::make_unique<Bytes>();
    // Answers grow while a backlog is read, and a block of the usual size fits most of them later. Unused pages of it
    // cost no memory.
    const bool is_usual = size <= usual_ && size > usual_ / kMostWaste;
    block->Reserve(is_usual ? usual_ : size + size / kAlsoFits);
  }
  return {block.release(), [idle = idle_](Bytes* used) { idle->Keep(std::unique_ptr<Bytes>(used)); }};
}

}  // namespace frazil::source::kafka
