// A set of offsets. It needs one bit per offset, and almost nothing for a full block.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>

namespace frazil::ops {

// Offsets must not be negative. Not thread-safe.
class OffsetSet {
 public:
  bool Insert(int64_t offset);  // false if it was already there
  bool Contains(int64_t offset) const;
  int64_t CountIn(int64_t first, int64_t next) const;

 private:
  static constexpr int64_t kBlock = 1 << 16;
  struct Block {
    int64_t count = 0;
    std::unique_ptr<std::array<uint64_t, kBlock / 64>> bits;  // null once the block is full

    bool full() const { return count == kBlock; }
    int64_t CountIn(int64_t first, int64_t next) const;
  };

  std::map<int64_t, Block> blocks_;  // by offset / kBlock
  int64_t last_ = -1;                // the key of the block that was used last
  Block* last_block_ = nullptr;
};

}  // namespace frazil::ops
