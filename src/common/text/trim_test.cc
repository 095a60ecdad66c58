#include "common/text/trim.h"

#include <gtest/gtest.h>

namespace frazil {
namespace {

TEST(Trim, TakesAwayWhatStandsAround) {
  EXPECT_EQ(Trim(" \t a b\r\n"), "a b");
  EXPECT_EQ(Trim("ab"), "ab");
  EXPECT_EQ(Trim(" \n "), "");
  EXPECT_EQ(Trim(""), "");
  EXPECT_EQ(Trim("//a/b/", "/"), "a/b");
}

}  // namespace
}  // namespace frazil
