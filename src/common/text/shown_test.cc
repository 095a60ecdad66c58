#include "common/text/shown.h"

#include <gtest/gtest.h>

namespace frazil {
namespace {

TEST(ShownTest, ShortTextIsShownWhole) {
  EXPECT_EQ(Shown(""), "");
  EXPECT_EQ(Shown(std::string(200, 'a')), std::string(200, 'a'));
}

TEST(ShownTest, LongTextIsCutAndItsLengthTold) {
  EXPECT_EQ(Shown(std::string(1 << 20, 'a'), 3), "aaa… (1048576 bytes)");
}

TEST(ShownTest, NoCharacterIsCut) {
  EXPECT_EQ(Shown("aääääää", 4), "aä… (13 bytes)");
  EXPECT_EQ(Shown("\U0001F9CA\U0001F9CA", 7), "\U0001F9CA… (8 bytes)");
  EXPECT_EQ(Shown("\x80\x80\x80\x80", 2), "… (4 bytes)");  // no UTF-8 at all
}

}  // namespace
}  // namespace frazil
