// Gives distinct keys consecutive ids: an open-addressing hash table that only grows. Not thread-safe.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>
#include <utility>
#include <vector>

#include "common/int128.h"

namespace frazil::ingest {

// The finaliser of SplitMix64: every bit of the key affects every bit of the hash.
inline uint64_t MixBits(uint64_t key) {
  key = (key ^ (key >> 30)) * 0xbf58476d1ce4e5b9ULL;
  key = (key ^ (key >> 27)) * 0x94d049bb133111ebULL;
  return key ^ (key >> 31);
}
inline uint64_t HashKey(uint64_t key) { return MixBits(key); }
inline uint64_t HashKey(Int128 key) {
  return MixBits(static_cast<uint64_t>(key)) ^ MixBits(static_cast<uint64_t>(key >> 64) + 1);
}
inline uint64_t HashKey(std::string_view key) { return std::hash<std::string_view>()(key); }

template <class Key>
class IdTable {
 public:
  static constexpr uint32_t kNone = UINT32_MAX;

  IdTable() : slots_(64) {}

  // The id of the key. A new key gets the id `fresh`.
  uint32_t FindOrInsert(const Key& key, uint32_t fresh) {
    Slot& slot = Find(key);
    if (slot.id != kNone) return slot.id;
    slot = {key, fresh};
    if (++size_ * 2 > slots_.size()) Grow();
    return fresh;
  }

 private:
  struct Slot {
    Key key{};
    uint32_t id = kNone;
  };

  Slot& Find(const Key& key) {
    const size_t mask = slots_.size() - 1;
    size_t i = HashKey(key) & mask;
    while (slots_[i].id != kNone && !(slots_[i].key == key)) i = (i + 1) & mask;
    return slots_[i];
  }

  void Grow() {
    std::vector<Slot> old = std::exchange(slots_, std::vector<Slot>(slots_.size() * 4));
    for (Slot& slot : old) {
      if (slot.id != kNone) Find(slot.key) = slot;
    }
  }

  std::vector<Slot> slots_;  // their number is a power of two
  size_t size_ = 0;
};

// The same for keys below a small bound: the key is an index, and there is no search.
class SmallIdTable {
 public:
  static constexpr size_t kMostKeys = 1 << 12;  // this many ids fit into the L1 cache beside the rows

  explicit SmallIdTable(size_t bound) : ids_(bound, IdTable<uint64_t>::kNone) {}

  uint32_t FindOrInsert(uint64_t key, uint32_t fresh) {
    uint32_t& id = ids_[key];
    if (id == IdTable<uint64_t>::kNone) id = fresh;
    return id;
  }

 private:
  std::vector<uint32_t> ids_;
};

}  // namespace frazil::ingest
