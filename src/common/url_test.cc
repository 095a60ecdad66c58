#include "common/url.h"

#include <gtest/gtest.h>

namespace frazil {
namespace {

TEST(UrlTest, EncodesForms) {
  EXPECT_EQ(EncodeForm("2026-01-08_a.b*"), "2026-01-08_a.b*");
  EXPECT_EQ(EncodeForm("a b/c=d"), "a+b%2Fc%3Dd");
  EXPECT_EQ(EncodeForm("Zürich~"), "Z%C3%BCrich%7E");
  EXPECT_EQ(EncodeForm(std::string_view("\0", 1)), "%00");
}

TEST(UrlTest, EncodesPathsAndDecodes) {
  EXPECT_EQ(EncodeUrl("a b/c~d*"), "a%20b%2Fc~d%2A");
  EXPECT_EQ(DecodeUrl("%1F"), "\x1f");
  EXPECT_EQ(DecodeUrl("a%20b%2fc%"), "a b/c%");
  EXPECT_EQ(DecodeUrl("100%zz%4"), "100%zz%4");
}

}  // namespace
}  // namespace frazil
