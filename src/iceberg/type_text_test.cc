#include "iceberg/type_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace frazil::iceberg {
namespace {

using testing::HasSubstr;

std::string RoundTrip(std::string_view text) {
  const auto type = ParseTypeText(text);
  return type ? TypeText(**type) : "failed: " + type.error().message;
}

std::string ErrorOf(std::string_view text) {
  const auto type = ParseTypeText(text);
  if (type) return "parsed as " + TypeText(**type);
  EXPECT_EQ(type.error().kind, ErrorKind::kInvalidArgument);
  return type.error().message;
}

TEST(TypeTextTest, ReadsPrimitives) {
  EXPECT_EQ(RoundTrip("long"), "long");
  EXPECT_EQ(RoundTrip(" TimestampTz "), "timestamptz");
  EXPECT_EQ(RoundTrip("decimal(9,2)"), RoundTrip("decimal(9, 2)"));
  EXPECT_EQ(RoundTrip("fixed[16]"), "fixed[16]");
}

TEST(TypeTextTest, ReadsNestedTypes) {
  EXPECT_EQ(RoundTrip("struct<a: int, b: list<string>>"), "struct<a: int, b: list<string>>");
  EXPECT_EQ(RoundTrip("LIST< required double >"), "list<required double>");
  EXPECT_EQ(RoundTrip("map<string,struct<x:optional long,y:required date>>"),
            "map<string, struct<x: long, y: required date>>");
  EXPECT_EQ(RoundTrip("struct<`a b`: decimal(9, 2), größe: map<required int, required uuid>>"),
            "struct<`a b`: decimal(9, 2), größe: map<int, required uuid>>");
  EXPECT_EQ(RoundTrip("struct<`a``b`: int>"), "struct<`a``b`: int>");
}

TEST(TypeTextTest, KeepsTheCaseOfNames) { EXPECT_EQ(RoundTrip("struct<camelCase: INT>"), "struct<camelCase: int>"); }

TEST(TypeTextTest, SaysWhereATextBreaks) {
  EXPECT_THAT(ErrorOf("list<string"), HasSubstr("at character 12"));
  EXPECT_THAT(ErrorOf("list<string"), HasSubstr("expected \">\" after the element type, found the end"));
  EXPECT_THAT(ErrorOf("map<string>"), HasSubstr("expected \",\" after the key type"));
  EXPECT_THAT(ErrorOf("struct<a int>"), HasSubstr("expected \":\" after the field name, found \"i\""));
  EXPECT_THAT(ErrorOf("struct<>"), HasSubstr("expected a field name, found \">\""));
  EXPECT_THAT(ErrorOf("struct<a: int, a: long>"), HasSubstr("\"a\" stands in this struct already"));
  EXPECT_THAT(ErrorOf("struct<`a: int>"), HasSubstr("no closing backtick"));
  EXPECT_THAT(ErrorOf("list<int>>"), HasSubstr("expected the end of the type, found \">\""));
  EXPECT_THAT(ErrorOf(""), HasSubstr("expected a type, found the end"));
  EXPECT_THAT(ErrorOf("list<strnig>"), HasSubstr("at character 6"));
  EXPECT_THAT(ErrorOf("list<strnig>"), HasSubstr("string"));
}

TEST(TypeTextTest, NamesTheRightWordForOtherDialects) {
  EXPECT_THAT(ErrorOf("array<int>"), HasSubstr("did you mean \"list\"?"));
  EXPECT_THAT(ErrorOf("row<a: int>"), HasSubstr("did you mean \"struct\"?"));
}

TEST(TypeTextTest, RefusesEndlessNesting) {
  std::string deep;
  for (int i = 0; i < 5000; ++i) deep += "list<";
  EXPECT_THAT(ErrorOf(deep), HasSubstr("levels of nesting"));
}

}  // namespace
}  // namespace frazil::iceberg
