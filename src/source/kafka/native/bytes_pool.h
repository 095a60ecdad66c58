// Reuses blocks of bytes. The system hands out large blocks page by page, and takes them back as soon as they are
// freed. That costs more than filling the block.
#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <vector>

#include "source/kafka/native/bytes.h"

namespace frazil::source::kafka {

// Thread-safe. Copies share one pool. Blocks may outlive it.
class BytesPool {
 public:
  BytesPool() : BytesPool(0, 0) {}  // keeps nothing
  // `most`: how many unused bytes the pool keeps. `usual`: a size that most blocks will not exceed.
  BytesPool(size_t most, size_t usual) : usual_(usual), idle_(std::make_shared<Idle>(most)) {}

  // An empty block with room for `size` bytes. It returns to the pool when its last owner releases it.
  std::shared_ptr<Bytes> Take(size_t size);

 private:
  class Idle {
   public:
    explicit Idle(size_t most) : most_(most) {}
    // The smallest block that has the room and does not waste much; null if there is none.
    std::unique_ptr<Bytes> Find(size_t size);
    void Keep(std::unique_ptr<Bytes> block);

   private:
    const size_t most_;
    std::mutex mutex_;  // guards the members below
    size_t bytes_ = 0;
    std::vector<std::unique_ptr<Bytes>> blocks_;  // oldest first
  };

  size_t usual_;
  std::shared_ptr<Idle> idle_;
};

}  // namespace frazil::source::kafka
