#include "common/text/nearest_word.h"

#include <gtest/gtest.h>

#include <array>

namespace frazil {
namespace {

constexpr std::array<std::string_view, 5> kWords = {"long", "string", "timestamp", "timestamptz", "int"};

TEST(NearestWordTest, FindsTypingErrors) {
  EXPECT_EQ(NearestWord("lnog", kWords), "long");
  EXPECT_EQ(NearestWord("strng", kWords), "string");
  EXPECT_EQ(NearestWord("timestmp", kWords), "timestamp");
  EXPECT_EQ(NearestWord("TIMESTAMTZ", kWords), "timestamptz");
  EXPECT_EQ(NearestWord("Int", kWords), "int");
}

TEST(NearestWordTest, SaysNothingWhenNothingIsNear) {
  EXPECT_EQ(NearestWord("banana", kWords), "");
  EXPECT_EQ(NearestWord("", kWords), "");
  EXPECT_EQ(NearestWord("x", std::array<std::string_view, 1>{"y"}), "");
  EXPECT_EQ(NearestWord(std::string(1 << 16, 'a'), kWords), "");
}

TEST(NearestWordTest, MakesTheEndOfAnError) {
  EXPECT_EQ(DidYouMean("strin", kWords), "; did you mean \"string\"?");
  EXPECT_EQ(DidYouMean("banana", kWords), "");
}

}  // namespace
}  // namespace frazil
