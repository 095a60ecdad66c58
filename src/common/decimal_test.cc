#include "common/decimal.h"

#include <gtest/gtest.h>

namespace frazil {
namespace {

using namespace std::string_literals;

TEST(DecimalTest, Formats) {
  EXPECT_EQ(FormatDecimal(1420, 2), "14.20");
  EXPECT_EQ(FormatDecimal(-5, 2), "-0.05");
  EXPECT_EQ(FormatDecimal(0, 0), "0");
  EXPECT_EQ(FormatDecimal(0, 3), "0.000");
  EXPECT_EQ(FormatDecimal(12, -3), "12000");
  EXPECT_EQ(FormatDecimal(PowerOfTen(38) - 1, 0), std::string(38, '9'));
}

TEST(DecimalTest, Parses) {
  EXPECT_EQ(ParseDecimal("14.20", 2), Int128{1420});
  EXPECT_EQ(ParseDecimal("14.2", 2), Int128{1420});
  EXPECT_EQ(ParseDecimal("14", 2), Int128{1400});
  EXPECT_EQ(ParseDecimal("-0.05", 2), Int128{-5});
  EXPECT_EQ(ParseDecimal("+5e-2", 2), Int128{5});
  EXPECT_EQ(ParseDecimal("1.5E3", 0), Int128{1500});
  EXPECT_EQ(ParseDecimal("14.2000000", 2), Int128{1420}) << "zeros are no loss";
  EXPECT_EQ(ParseDecimal("0000000000000000000000000000000000000000001", 0), Int128{1});
  EXPECT_EQ(ParseDecimal("1" + std::string(60, '0') + "e-60", 0), Int128{1});
  EXPECT_EQ(ParseDecimal("0e999999999999", 0), Int128{0});
  EXPECT_EQ(ParseDecimal(std::string(38, '9'), 0), PowerOfTen(38) - 1);
  EXPECT_EQ(ParseDecimal("-" + std::string(36, '9') + ".99", 2), -(PowerOfTen(38) - 1));
  for (const char* wrong : {"", "-", ".", ".5", "5.", "1.234", "1e", "1e+", "e1", "1 ", " 1", "0x1", "1.2.3", "1e40",
                            "NaN", "--1", "1e-3"}) {
    EXPECT_EQ(ParseDecimal(wrong, 2), std::nullopt) << wrong;
  }
  EXPECT_EQ(ParseDecimal(std::string(39, '9'), 0), std::nullopt);
}

TEST(DecimalTest, BytesAreMinimalBigEndian) {
  EXPECT_EQ(DecimalToBytes(0), "\0"s);
  EXPECT_EQ(DecimalToBytes(1420), "\x05\x8c"s);
  EXPECT_EQ(DecimalToBytes(127), "\x7f"s);
  EXPECT_EQ(DecimalToBytes(128), "\x00\x80"s);
  EXPECT_EQ(DecimalToBytes(-1), "\xff"s);
  EXPECT_EQ(DecimalToBytes(-128), "\x80"s);
  EXPECT_EQ(DecimalToBytes(-129), "\xff\x7f"s);
  for (const Int128 value : {Int128{0}, Int128{1420}, Int128{-1420}, PowerOfTen(38) - 1, -(PowerOfTen(38) - 1)}) {
    EXPECT_EQ(DecimalFromBytes(DecimalToBytes(value)), value);
  }
  EXPECT_EQ(DecimalFromBytes("\x00\x00\x05\x8c"s), Int128{1420}) << "padded, as some writers do";
  EXPECT_EQ(DecimalFromBytes(""), std::nullopt);
  EXPECT_EQ(DecimalFromBytes(std::string(17, '\0')), std::nullopt);
}

TEST(DecimalTest, Precision) {
  EXPECT_TRUE(FitsPrecision(999, 3));
  EXPECT_FALSE(FitsPrecision(1000, 3));
  EXPECT_TRUE(FitsPrecision(-999, 3));
  EXPECT_FALSE(FitsPrecision(PowerOfTen(38), 38));
}

}  // namespace
}  // namespace frazil
