#include "parquet/bounds.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace frazil::parquet {
namespace {

using testing::Eq;
using testing::Optional;

TEST(Bounds, ShortValuesStayAsTheyAre) {
  EXPECT_EQ(LowerStringBound("abc", 3), "abc");
  EXPECT_THAT(UpperStringBound("abc", 3), Optional(Eq("abc")));
  EXPECT_THAT(UpperStringBound("", 16), Optional(Eq("")));
  EXPECT_THAT(UpperBytesBound("\xff\xff", 2), Optional(Eq("\xff\xff")));
  EXPECT_EQ(LowerBytesBound("", 1), "");
}

TEST(Bounds, StringsAreCutByCodePoints) {
  EXPECT_EQ(LowerStringBound("水é😀x", 3), "水é😀");
  EXPECT_THAT(UpperStringBound("水é😀x", 3), Optional(Eq("水é😁")));
  EXPECT_THAT(UpperStringBound("水éx", 1), Optional(Eq("\u6c35")));
  EXPECT_THAT(UpperStringBound("a\u007fx", 2), Optional(Eq("a\u0080")));      // one byte to two
  EXPECT_THAT(UpperStringBound("a\u07ffx", 2), Optional(Eq("a\u0800")));      // two to three
  EXPECT_THAT(UpperStringBound("a\uffffx", 2), Optional(Eq("a\U00010000")));  // three to four
}

TEST(Bounds, TheLastCodePointThatCanGrowGrows) {
  EXPECT_THAT(UpperStringBound("a\ud7ffx", 2), Optional(Eq("a\ue000")));  // over the surrogates
  EXPECT_THAT(UpperStringBound("a\U0010ffff\U0010ffffx", 3), Optional(Eq("b")));
  EXPECT_EQ(UpperStringBound("\U0010ffff\U0010ffff", 1), std::nullopt);
  EXPECT_EQ(UpperStringBound("\xff\xfe\xfd", 2), std::nullopt);  // not UTF-8: no bound rather than a wrong one
}

TEST(Bounds, BytesAreCutByBytes) {
  EXPECT_EQ(LowerBytesBound("\x01\xff\xff", 2), "\x01\xff");
  EXPECT_THAT(UpperBytesBound("\x01\xff\xff", 2), Optional(Eq("\x02")));
  EXPECT_THAT(UpperBytesBound(std::string_view("\x01\x00\x05", 3), 2), Optional(Eq("\x01\x01")));
  EXPECT_EQ(UpperBytesBound("\xff\xff\xff", 2), std::nullopt);
}

}  // namespace
}  // namespace frazil::parquet
