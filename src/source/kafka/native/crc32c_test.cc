#include "source/kafka/native/crc32c.h"

#include <gtest/gtest.h>

#include <string>

namespace frazil::source::kafka {
namespace {

// RFC 3720, B.4.
TEST(Crc32c, GivesTheKnownSums) {
  EXPECT_EQ(Crc32c(""), 0u);
  EXPECT_EQ(Crc32c("123456789"), 0xE3069283u);
  EXPECT_EQ(Crc32c(std::string(32, '\0')), 0x8A9136AAu);
  EXPECT_EQ(Crc32c(std::string(32, '\xff')), 0x62A8AB43u);
  std::string up;
  for (int i = 0; i < 32; ++i) up.push_back(static_cast<char>(i));
  EXPECT_EQ(Crc32c(up), 0x46DD794Eu);
}

uint32_t BitByBit(const std::string& bytes) {
  uint32_t crc = ~0u;
  for (const char c : bytes) {
    crc ^= static_cast<uint8_t>(c);
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0x82F63B78u : 0);
  }
  return ~crc;
}

TEST(Crc32c, IsTheSameWhateverTheLength) {
  std::string bytes;
  uint32_t x = 1;
  for (int i = 0; i < 30000; ++i) bytes.push_back(static_cast<char>((x = x * 1664525u + 1013904223u) >> 24));
  for (size_t size : {1, 7, 8, 9, 255, 256, 767, 768, 769, 775, 4096, 12287, 12288, 12289, 13056, 24577, 30000}) {
    const std::string part = bytes.substr(bytes.size() - size);
    EXPECT_EQ(Crc32c(part), BitByBit(part)) << size;
  }
}

}  // namespace
}  // namespace frazil::source::kafka
