#include "ops/offset_set.h"

#include <algorithm>
#include <bit>

namespace frazil::ops {

bool OffsetSet::Insert(int64_t offset) {
  if (const int64_t number = offset / kBlock; number != last_) {
    last_ = number;
    last_block_ = &blocks_[number];
  }
  Block& block = *last_block_;
  if (block.full()) return false;
  if (block.bits == nullptr) block.bits = std::make_unique<std::array<uint64_t, kBlock / 64>>();
  const auto place = static_cast<size_t>(offset % kBlock);
  uint64_t& word = (*block.bits)[place / 64];
  const uint64_t bit = uint64_t{1} << (place % 64);
  if ((word & bit) != 0) return false;
  word |= bit;
  if (++block.count == kBlock) block.bits.reset();
  return true;
}

bool OffsetSet::Contains(int64_t offset) const { return CountIn(offset, offset + 1) == 1; }

int64_t OffsetSet::CountIn(int64_t first, int64_t next) const {
  int64_t count = 0;
  for (auto at = blocks_.lower_bound(first / kBlock); at != blocks_.end(); ++at) {
    const int64_t begin = at->first * kBlock;
    if (begin >= next) break;
    count += at->second.CountIn(std::max<int64_t>(first - begin, 0), std::min(next - begin, kBlock));
  }
  return count;
}

int64_t OffsetSet::Block::CountIn(int64_t first, int64_t next) const {
  if (first >= next) return 0;
  if (full()) return next - first;
  if (bits == nullptr) return 0;
  if (first == 0 && next == kBlock) return count;
  int64_t found = 0;
  for (int64_t word = first / 64; word * 64 < next; ++word) {
    uint64_t value = (*bits)[static_cast<size_t>(word)];
    if (word * 64 < first) value &= ~uint64_t{0} << (first % 64);
    if (word * 64 + 64 > next) value &= ~uint64_t{0} >> (64 - next % 64);
    found += std::popcount(value);
  }
  return found;
}

}  // namespace frazil::ops
