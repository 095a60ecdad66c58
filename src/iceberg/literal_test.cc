#include "iceberg/literal.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace frazil::iceberg {
namespace {

using namespace std::string_literals;

TypePtr T(std::string_view text) { return *ParsePrimitiveType(text); }

struct Case {
  std::string type;
  Literal value;
  std::string bytes;
  std::string text;
};

// Appendix D, binary single-value serialization.
const Case kCases[] = {
    {"boolean", true, "\x01"s, "true"},
    {"boolean", false, "\x00"s, "false"},
    {"int", int32_t{34}, "\x22\x00\x00\x00"s, "34"},
    {"int", int32_t{-2}, "\xfe\xff\xff\xff"s, "-2"},
    {"long", int64_t{34}, "\x22\x00\x00\x00\x00\x00\x00\x00"s, "34"},
    {"float", -4.5F, "\x00\x00\x90\xc0"s, "-4.5"},
    {"double", 6.0, "\x00\x00\x00\x00\x00\x00\x18\x40"s, "6"},
    {"date", int32_t{17486}, "\x4e\x44\x00\x00"s, "2017-11-16"},
    {"time", int64_t{81'068'123'456}, "\x40\x65\x09\xe0\x12\x00\x00\x00"s, "22:31:08.123456"},
    {"timestamp", int64_t{-1}, "\xff\xff\xff\xff\xff\xff\xff\xff"s, "1969-12-31T23:59:59.999999"},
    {"timestamptz", int64_t{1}, "\x01\x00\x00\x00\x00\x00\x00\x00"s, "1970-01-01T00:00:00.000001+00:00"},
    {"timestamp_ns", int64_t{1}, "\x01\x00\x00\x00\x00\x00\x00\x00"s, "1970-01-01T00:00:00.000000001"},
    {"timestamptz_ns", int64_t{1}, "\x01\x00\x00\x00\x00\x00\x00\x00"s, "1970-01-01T00:00:00.000000001+00:00"},
    {"string", "iceberg"s, "iceberg"s, "iceberg"},
    {"string", ""s, ""s, ""},
    {"uuid", "\xf7\x9c\x3e\x09\x67\x7c\x4b\xbd\xa4\x79\x3f\x34\x9c\xb7\x85\xe7"s,
     "\xf7\x9c\x3e\x09\x67\x7c\x4b\xbd\xa4\x79\x3f\x34\x9c\xb7\x85\xe7"s, "f79c3e09-677c-4bbd-a479-3f349cb785e7"},
    {"fixed[4]", "\x00\x01\x02\x03"s, "\x00\x01\x02\x03"s, "AAECAw=="},
    {"binary", "\x00\x01\x02\x03"s, "\x00\x01\x02\x03"s, "AAECAw=="},
    {"decimal(9, 2)", Int128{1420}, "\x05\x8c"s, "14.20"},
    {"decimal(9, 2)", Int128{-1}, "\xff"s, "-0.01"},
};

TEST(LiteralTest, SingleValuesOfAppendixD) {
  for (const auto& one : kCases) {
    EXPECT_EQ(ToBytes(*T(one.type), one.value), one.bytes) << one.type << " " << one.text;
    auto back = FromBytes(*T(one.type), one.bytes);
    ASSERT_TRUE(back) << one.type;
    EXPECT_EQ(*back, one.value) << one.type << " " << one.text;
    EXPECT_EQ(ToText(*T(one.type), one.value), one.text) << one.type;
  }
  EXPECT_EQ(ToText(*T("int"), {}), "null");
}

TEST(LiteralTest, BoundsOfPromotedColumnsKeepTheirOldBytes) {
  EXPECT_EQ(*FromBytes(*T("long"), ToBytes(*T("int"), int32_t{-7})), Literal(int64_t{-7}));
  EXPECT_EQ(*FromBytes(*T("double"), ToBytes(*T("float"), -4.5F)), Literal(-4.5));
  EXPECT_EQ(*FromBytes(*T("timestamp"), ToBytes(*T("date"), int32_t{-1})), Literal(int64_t{-86'400'000'000}));
  EXPECT_EQ(*FromBytes(*T("timestamp_ns"), ToBytes(*T("date"), int32_t{1})), Literal(int64_t{86'400'000'000'000}));
  EXPECT_EQ(*FromBytes(*T("decimal(18, 2)"), "\x05\x8c"), Literal(Int128{1420}));
}

TEST(LiteralTest, WrongLengthsAreCorrupt) {
  for (const auto& [type, size] : std::initializer_list<std::pair<const char*, size_t>>{{"boolean", 0},
                                                                                        {"boolean", 2},
                                                                                        {"int", 3},
                                                                                        {"int", 8},
                                                                                        {"long", 5},
                                                                                        {"float", 8},
                                                                                        {"double", 7},
                                                                                        {"date", 8},
                                                                                        {"time", 4},
                                                                                        {"timestamp", 9},
                                                                                        {"uuid", 15},
                                                                                        {"fixed[4]", 5},
                                                                                        {"decimal(9, 2)", 0},
                                                                                        {"decimal(9, 2)", 17}}) {
    auto value = FromBytes(*T(type), std::string(size, '\1'));
    ASSERT_FALSE(value) << type << " " << size;
    EXPECT_EQ(value.error().kind, ErrorKind::kCorrupt);
  }
  EXPECT_FALSE(FromBytes(*T("timestamp_ns"), ToBytes(*T("date"), std::numeric_limits<int32_t>::max())));
  EXPECT_FALSE(FromBytes(*Type::Struct({}), "x"));
}

// Each list is in ascending order.
TEST(LiteralTest, Order) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const double inf = std::numeric_limits<double>::infinity();
  const std::pair<const char*, std::vector<Literal>> lists[] = {
      {"boolean", {false, true}},
      {"int", {int32_t{-5}, int32_t{0}, int32_t{7}}},
      {"long", {std::numeric_limits<int64_t>::min(), int64_t{0}, std::numeric_limits<int64_t>::max()}},
      {"double", {-inf, -1.0, -0.0, 0.0, 1.0, inf, nan}},
      {"float", {-1.0F, -0.0F, 0.0F, 1.0F, std::numeric_limits<float>::quiet_NaN()}},
      {"decimal(9, 2)", {Int128{-1420}, Int128{0}, Int128{1420}}},
      {"string", {""s, "a"s, "aa"s, "b"s, "\xc3\xbc"s, "\xf0\x9f\x98\x80"s}},
      {"uuid", {std::string(16, '\x01'), std::string(16, '\x7f'), std::string(16, '\x80'), std::string(16, '\xff')}},
      {"binary", {"\x7f"s, "\x80"s, "\x80\x00"s}},
  };
  for (const auto& [type, values] : lists) {
    for (size_t i = 0; i < values.size(); ++i) {
      for (size_t j = 0; j < values.size(); ++j) {
        const int order = Compare(*T(type), values[i], values[j]);
        EXPECT_EQ(order < 0, i < j) << type << " " << i << " " << j;
        EXPECT_EQ(order > 0, i > j) << type << " " << i << " " << j;
      }
    }
  }
}

}  // namespace
}  // namespace frazil::iceberg
