#include "common/hash.h"

#include <gtest/gtest.h>

#include <string>

namespace frazil {
namespace {

// Reference vectors of MurmurHash3_x86_32 (the author's own test set as it is widely published).
TEST(Murmur3Test, MatchesPublishedVectors) {
  EXPECT_EQ(Murmur3("", 0), 0U);
  EXPECT_EQ(Murmur3("", 1), 0x514E28B7U);
  EXPECT_EQ(Murmur3("", 0xffffffff), 0x81F16F39U);
  EXPECT_EQ(Murmur3(std::string("\xff\xff\xff\xff"), 0), 0x76293B50U);
  EXPECT_EQ(Murmur3(std::string("\x21\x43\x65\x87"), 0), 0xF55B516BU);
  EXPECT_EQ(Murmur3(std::string("\x21\x43\x65"), 0), 0x7E4A8634U);
  EXPECT_EQ(Murmur3(std::string("\x21\x43"), 0), 0xA0F7B07AU);
  EXPECT_EQ(Murmur3(std::string("\x21"), 0), 0x72661CF4U);
  EXPECT_EQ(Murmur3("aaaa", 0x9747b28c), 0x5A97808AU);
  EXPECT_EQ(Murmur3("Hello, world!", 0x9747b28c), 0x24884CBAU);
}

TEST(Murmur3Test, NumbersHashAsTheirEightBytes) {
  EXPECT_EQ(Murmur3(uint64_t{0x0807060504030201}), Murmur3(std::string("\x01\x02\x03\x04\x05\x06\x07\x08")));
}

}  // namespace
}  // namespace frazil
