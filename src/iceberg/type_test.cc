#include "iceberg/type.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace frazil::iceberg {
namespace {

using ::testing::HasSubstr;

TEST(TypeTest, PrimitiveTextsParseAndPrintBack) {
  for (const char* text : {"boolean",
                           "int",
                           "long",
                           "float",
                           "double",
                           "decimal(9, 2)",
                           "decimal(38, 38)",
                           "date",
                           "time",
                           "timestamp",
                           "timestamptz",
                           "timestamp_ns",
                           "timestamptz_ns",
                           "string",
                           "uuid",
                           "fixed[16]",
                           "binary",
                           "unknown",
                           "variant",
                           "geometry",
                           "geometry(srid:4326)",
                           "geography",
                           "geography(OGC:CRS84, spherical)"}) {
    auto type = ParsePrimitiveType(text);
    ASSERT_TRUE(type) << text << ": " << type.error().message;
    EXPECT_EQ((*type)->ToString(), text);
    EXPECT_EQ(**type, **ParsePrimitiveType(text));
  }
}

TEST(TypeTest, BlanksAndCaseDoNotMatter) {
  EXPECT_EQ(**ParsePrimitiveType("decimal(9,2)"), *Type::Decimal(9, 2));
  EXPECT_EQ(**ParsePrimitiveType("DECIMAL( 9 , 2 )"), *Type::Decimal(9, 2));
  EXPECT_EQ(**ParsePrimitiveType(" String "), *Type::Primitive(TypeKind::kString));
}

TEST(TypeTest, WrongTextsNameTheNearestWord) {
  EXPECT_THAT(ParsePrimitiveType("strin").error().message, HasSubstr("did you mean \"string\"?"));
  EXPECT_THAT(ParsePrimitiveType("bigint").error().message, HasSubstr("did you mean \"long\"?"));
  EXPECT_THAT(ParsePrimitiveType("decimal").error().message, HasSubstr("did you mean \"decimal(precision, scale)\"?"));
  for (const char* wrong :
       {"", "decimal(39, 2)", "decimal(0, 0)", "decimal(3, 4)", "decimal(3)", "decimal(3, -1)", "decimal(9, 2",
        "fixed[0]", "fixed[-1]", "fixed[x]", "fixed", "fixed[99999999999]", "struct"}) {
    auto type = ParsePrimitiveType(wrong);
    ASSERT_FALSE(type) << wrong;
    EXPECT_EQ(type.error().kind, ErrorKind::kInvalidArgument);
  }
}

TEST(TypeTest, EqualityCountsIdsAndNamesButNoDocumentation) {
  const auto make = [](int32_t id, std::string name, std::string doc) {
    return Type::Struct(
        {Field{.id = id, .name = std::move(name), .type = Type::Primitive(TypeKind::kInt), .doc = std::move(doc)}});
  };
  EXPECT_EQ(*make(1, "a", "x"), *make(1, "a", "y"));
  EXPECT_FALSE(*make(1, "a", "") == *make(2, "a", ""));
  EXPECT_FALSE(*make(1, "a", "") == *make(1, "b", ""));
  EXPECT_FALSE(*Type::Decimal(9, 2) == *Type::Decimal(9, 3));
  EXPECT_FALSE(*Type::Fixed(3) == *Type::Fixed(4));
}

TEST(TypeTest, NestedTypesPrint) {
  const auto type = Type::Map(
      1, Type::Primitive(TypeKind::kString), 2,
      Type::List(
          3, Type::Struct({Field{.id = 4, .name = "x", .type = Type::Primitive(TypeKind::kLong), .required = true}}),
          true),
      false);
  EXPECT_EQ(type->ToString(), "map<string, list<struct<4: x: required long>>>");
}

}  // namespace
}  // namespace frazil::iceberg
