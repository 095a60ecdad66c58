// Blocks of bytes that are used again and again. Large ones come from the system page by page, and go back to it as
// they are freed: to fill one is cheap beside that.
#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <vector>

#include "source/kafka/native/bytes.h"

namespace frazil::source::kafka {

// Thread-safe. Copies are the same pool. Blocks may outlive it.
class BytesPool {
 public:
  BytesPool() : BytesPool(0, 0) {}  // keeps nothing
  // `most`: bytes that may lie here unused. `usual`: hardly any block will hold more.
  BytesPool(size_t most, size_t usual) : usual_(usual), idle_(std::make_shared<Idle>(most)) {}

  // An empty block with room for `size` bytes, which comes back when its last owner lets go of it.
  std::shared_ptr<Bytes> Take(size_t size);

 private:
  class Idle {
   public:
    explicit Idle(size_t most) : most_(most) {}
    // The smallest that has the room and does not waste much, if there is one.
    std::unique_ptr<Bytes> Find(size_t size);
    void Keep(std::unique_ptr<Bytes> block);

   private:
    const size_t most_;
    std::mutex mutex_;  // guards what follows
    size_t bytes_ = 0;
    std::vector<std::unique_ptr<Bytes>> blocks_;  // in the order in which they came
  };

  size_t usual_;
  std::shared_ptr<Idle> idle_;
};

}  // namespace frazil::source::kafka
