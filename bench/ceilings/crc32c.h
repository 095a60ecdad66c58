// CRC-32C by the processor's instruction, in three streams: it takes three cycles, and one can begin in each.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <string_view>

#if defined(__x86_64__)
#include <nmmintrin.h>
#elif defined(__aarch64__)
#include <arm_acle.h>
#else
#error "the ceilings know the CRC instruction of x86-64 and AArch64 only"
#endif

namespace ceilings {

inline uint32_t CrcOfWord(uint32_t crc, uint64_t word) {
#if defined(__x86_64__)
  return static_cast<uint32_t>(_mm_crc32_u64(crc, word));
#else
  return __crc32cd(crc, word);
#endif
}

inline uint32_t CrcOfByte(uint32_t crc, char byte) {
#if defined(__x86_64__)
  return _mm_crc32_u8(crc, static_cast<uint8_t>(byte));
#else
  return __crc32cb(crc, static_cast<uint8_t>(byte));
#endif
}

// What kBlock zeros do to a remainder is linear: the images of its four bytes, added.
constexpr size_t kBlock = 1024;
struct OverBlock {
  std::array<std::array<uint32_t, 256>, 4> images{};
  OverBlock() {
    std::array<uint32_t, 32> of_bit{};
    for (size_t bit = 0; bit < 32; ++bit) {
      of_bit[bit] = uint32_t{1} << bit;
      for (size_t i = 0; i < kBlock; i += 8) of_bit[bit] = CrcOfWord(of_bit[bit], 0);
    }
    for (size_t byte = 0; byte < 4; ++byte) {
      for (size_t value = 0; value < 256; ++value) {
        for (size_t bit = 0; bit < 8; ++bit)
          images[byte][value] ^= (value >> bit & 1) != 0 ? of_bit[8 * byte + bit] : 0;
      }
    }
  }
  uint32_t operator()(uint32_t crc) const {
    return images[0][crc & 0xff] ^ images[1][crc >> 8 & 0xff] ^ images[2][crc >> 16 & 0xff] ^ images[3][crc >> 24];
  }
};

inline uint32_t Crc32c(std::string_view bytes) {
  static const OverBlock over_block;
  const auto word = [](const char* at) {
    uint64_t value;
    std::memcpy(&value, at, sizeof value);
    return value;
  };
  const char* at = bytes.data();
  size_t left = bytes.size();
  uint32_t crc = ~uint32_t{0};
  for (; left >= 3 * kBlock; left -= 3 * kBlock) {
    uint32_t second = 0, third = 0;
    for (const char* const end = at + kBlock; at != end; at += 8) {
      crc = CrcOfWord(crc, word(at));
      second = CrcOfWord(second, word(at + kBlock));
      third = CrcOfWord(third, word(at + 2 * kBlock));
    }
    crc = over_block(over_block(crc) ^ second) ^ third;
    at += 2 * kBlock;
  }
  for (; left >= 8; left -= 8, at += 8) crc = CrcOfWord(crc, word(at));
  for (; left > 0; --left, ++at) crc = CrcOfByte(crc, *at);
  return ~crc;
}

}  // namespace ceilings
