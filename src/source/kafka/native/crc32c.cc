#include "source/kafka/native/crc32c.h"

#include <array>
#include <cstddef>
#include <cstring>

#if defined(__x86_64__)
#include <nmmintrin.h>
#elif defined(__aarch64__)
#include <arm_acle.h>
#include <sys/auxv.h>
#endif

namespace frazil::source::kafka {
namespace {

constexpr uint32_t kPolynomial = 0x82F63B78;  // reflected

constexpr std::array<uint32_t, 256> MakeByteTable() {
  std::array<uint32_t, 256> table{};
  for (uint32_t byte = 0; byte < 256; ++byte) {
    uint32_t crc = byte;
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? kPolynomial : 0);
    table[byte] = crc;
  }
  return table;
}
constexpr auto kByteTable = MakeByteTable();

// Here `crc` is the plain remainder: the caller inverts it at both ends.
[[maybe_unused]] uint32_t ExtendInSoftware(uint32_t crc, const char* at, size_t size) {
  for (size_t i = 0; i < size; ++i) crc = (crc >> 8) ^ kByteTable[(crc ^ static_cast<uint8_t>(at[i])) & 0xff];
  return crc;
}

#if defined(__x86_64__) || defined(__aarch64__)

// Advances a remainder over `kZeros` zero bytes. The step is linear in the bits of the remainder: a 32 × 32 matrix over
// GF(2). It is stored as four tables, one for each byte of the remainder.
class ZeroShift {
 public:
  constexpr explicit ZeroShift(int log2_zeros) {
    Matrix matrix{};
    for (uint32_t bit = 0; bit < 32; ++bit) {
      const uint32_t crc = uint32_t{1} << bit;
      matrix[bit] = (crc >> 8) ^ kByteTable[crc & 0xff];
    }
    for (int i = 0; i < log2_zeros; ++i) {
      Matrix twice{};
      for (size_t bit = 0; bit < 32; ++bit) twice[bit] = Apply(matrix, matrix[bit]);
      matrix = twice;
    }
    for (uint32_t byte = 0; byte < 4; ++byte) {
      for (uint32_t value = 0; value < 256; ++value) tables_[byte][value] = Apply(matrix, value << (8 * byte));
    }
  }
  constexpr uint32_t operator()(uint32_t crc) const {
    return tables_[0][crc & 0xff] ^ tables_[1][(crc >> 8) & 0xff] ^ tables_[2][(crc >> 16) & 0xff] ^
           tables_[3][crc >> 24];
  }

 private:
  using Matrix = std::array<uint32_t, 32>;  // the image of each bit
  static constexpr uint32_t Apply(const Matrix& matrix, uint32_t crc) {
    uint32_t out = 0;
    for (size_t bit = 0; crc != 0; crc >>= 1, ++bit) out ^= (crc & 1) != 0 ? matrix[bit] : 0;
    return out;
  }
  std::array<std::array<uint32_t, 256>, 4> tables_{};
};

#if defined(__x86_64__)
#define FRAZIL_CRC_TARGET __attribute__((target("sse4.2")))
FRAZIL_CRC_TARGET inline uint64_t Step8(uint64_t crc, uint64_t bytes) { return _mm_crc32_u64(crc, bytes); }
FRAZIL_CRC_TARGET inline uint32_t Step1(uint32_t crc, char byte) {
  return _mm_crc32_u8(crc, static_cast<uint8_t>(byte));
}
bool HasInstruction() { return __builtin_cpu_supports("sse4.2") != 0; }
#else
#define FRAZIL_CRC_TARGET __attribute__((target("+crc")))
FRAZIL_CRC_TARGET inline uint64_t Step8(uint64_t crc, uint64_t bytes) {
  return __crc32cd(static_cast<uint32_t>(crc), bytes);
}
FRAZIL_CRC_TARGET inline uint32_t Step1(uint32_t crc, char byte) { return __crc32cb(crc, static_cast<uint8_t>(byte)); }
bool HasInstruction() { return (getauxval(AT_HWCAP) & HWCAP_CRC32) != 0; }
#endif

inline uint64_t Load8(const char* at) {
  uint64_t value;
  std::memcpy(&value, at, sizeof value);
  return value;
}

// The instruction takes three cycles, and one can start in each cycle. So three neighbouring blocks are computed side
// by side.
template <int kLog2Block>
FRAZIL_CRC_TARGET uint32_t ExtendByThrees(uint32_t crc, const char*& at, size_t& size) {
  static constexpr ZeroShift kOverBlock(kLog2Block);
  constexpr size_t kBlock = size_t{1} << kLog2Block;
  while (size >= 3 * kBlock) {
    uint64_t first = crc, second = 0, third = 0;
    for (const char* end = at + kBlock; at != end; at += 8) {
      first = Step8(first, Load8(at));
      second = Step8(second, Load8(at + kBlock));
      third = Step8(third, Load8(at + 2 * kBlock));
    }
    crc = kOverBlock(static_cast<uint32_t>(first)) ^ static_cast<uint32_t>(second);
    crc = kOverBlock(crc) ^ static_cast<uint32_t>(third);
    at += 2 * kBlock;
    size -= 3 * kBlock;
  }
  return crc;
}

FRAZIL_CRC_TARGET uint32_t ExtendInHardware(uint32_t crc, const char* at, size_t size) {
  crc = ExtendByThrees<12>(crc, at, size);
  crc = ExtendByThrees<8>(crc, at, size);
  for (; size >= 8; size -= 8, at += 8) crc = static_cast<uint32_t>(Step8(crc, Load8(at)));
  for (; size > 0; --size, ++at) crc = Step1(crc, *at);
  return crc;
}
#endif

}  // namespace

uint32_t Crc32c(std::string_view bytes) {
#if defined(__x86_64__) || defined(__aarch64__)
  static const bool in_hardware = HasInstruction();
  if (in_hardware) return ~ExtendInHardware(~uint32_t{0}, bytes.data(), bytes.size());
#endif
  return ~ExtendInSoftware(~uint32_t{0}, bytes.data(), bytes.size());
}

}  // namespace frazil::source::kafka
