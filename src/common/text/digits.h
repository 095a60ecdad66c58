// Decimal digits of text, eight at a time.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>

namespace frazil {

// Eight bytes of text, the first one lowest.
inline uint64_t LoadWord(const char* at) {
  static_assert(std::endian::native == std::endian::little);
  uint64_t word;
  std::memcpy(&word, at, sizeof(word));
  return word;
}

constexpr uint64_t kEightZeros = 0x3030303030303030;  // "00000000"

// Of a word that kEightZeros was taken from by xor: the upper four bits of each byte, zero where it was a digit.
constexpr uint64_t BeyondDigits(uint64_t word) { return (word | (word + 0x0606060606060606)) & 0xF0F0F0F0F0F0F0F0; }

// The number of eight digits from 0 to 9, the first one lowest.
constexpr uint64_t EightDigits(uint64_t word) {
  word = word * 10 + (word >> 8);  // pairs
  constexpr uint64_t kPairs = 0x000000FF000000FF;
  return ((word & kPairs) * 0x000F424000000064 + (word >> 16 & kPairs) * 0x0000271000000001) >> 32;
}

// All digits from `at` on, appended to `number`: up to 24, so that more than a number has room for show in its length.
// 24 bytes must be readable. Returns where they end.
inline const char* TakeDigits(const char* at, uint64_t& number) {
  static constexpr std::array<uint64_t, 9> kPowers = {1,       10,        100,        1'000,      10'000,
                                                      100'000, 1'000'000, 10'000'000, 100'000'000};
  for (int words = 0; words < 3; ++words, at += 8) {
    const uint64_t word = LoadWord(at) ^ kEightZeros;
    const uint64_t beyond = BeyondDigits(word);
    if (beyond == 0) {
      number = number * kPowers[8] + EightDigits(word);
      continue;
    }
    const auto count = static_cast<size_t>(std::countr_zero(beyond)) / 8;
    // Shifted twice, since a word cannot be shifted by all its bits.
    number = number * kPowers[count] + EightDigits(word << (8 * (7 - count)) << 8);
    return at + count;
  }
  return at;
}

}  // namespace frazil
