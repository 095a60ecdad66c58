// The one source of chance of a schedule: the same seed, the same throws.
#pragma once

#include <cstdint>
#include <utility>

namespace frazil::simulation {

class Dice {
 public:
  explicit Dice(uint64_t seed) : state_(seed * 0x9e3779b97f4a7c15ULL + 1) {}

  uint64_t Throw() {  // SplitMix64
    uint64_t z = (state_ += 0x9e3779b97f4a7c15ULL);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31);
  }
  int64_t Between(int64_t least, int64_t most) {
    return least + static_cast<int64_t>(Throw() % static_cast<uint64_t>(most - least + 1));
  }
  bool OneIn(int64_t n) { return n > 0 && Throw() % static_cast<uint64_t>(n) == 0; }  // 0: never
  template <class Container>
  auto& OneOf(Container& among) {
    return among[static_cast<size_t>(Between(0, static_cast<int64_t>(among.size()) - 1))];
  }

 private:
  uint64_t state_;
};

}  // namespace frazil::simulation
