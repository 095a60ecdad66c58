// Parses decimal digits, eight at a time in one 64-bit word.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>

namespace frazil {

// Eight bytes of text as a word. The first byte is the lowest.
inline uint64_t LoadWord(const char* at) {
  static_assert(std::endian::native == std::endian::little);
  uint64_t word;
  std::memcpy(&word, at, sizeof(word));
  return word;
}

constexpr uint64_t kEightZeros = 0x3030303030303030;  // "00000000"

// `word` is eight bytes of text XOR kEightZeros. In the result, the upper four bits of a byte are zero if that byte was
// a digit, and not zero otherwise. The lower four bits are always zero.
constexpr uint64_t BeyondDigits(uint64_t word) { return (word | (word + 0x0606060606060606)) & 0xF0F0F0F0F0F0F0F0; }

// The number that eight digits make. Each byte of `word` is a digit from 0 to 9; the first digit is the lowest byte.
constexpr uint64_t EightDigits(uint64_t word) {
  word = word * 10 + (word >> 8);  // pairs
  constexpr uint64_t kPairs = 0x000000FF000000FF;
  return ((word & kPairs) * 0x000F424000000064 + (word >> 16 & kPairs) * 0x0000271000000001) >> 32;
}

// Reads digits from `at` on, at most 24, and appends them to `number`. Returns the end of the digits. 24 bytes from
// `at` must be readable. A uint64_t holds 19 digits for certain: a caller sees from the returned end that there were
// more.
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
    // Two shifts, because shifting a 64-bit word by 64 is undefined.
    number = number * kPowers[count] + EightDigits(word << (8 * (7 - count)) << 8);
    return at + count;
  }
  return at;
}

}  // namespace frazil
