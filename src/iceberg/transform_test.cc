#include "iceberg/transform.h"

#include <gtest/gtest.h>

#include <limits>

#include "common/time/civil_time.h"

namespace frazil::iceberg {
namespace {

using namespace std::string_literals;

TypePtr T(std::string_view text) { return *ParsePrimitiveType(text); }
Transform Tr(std::string_view text) { return Transform::Parse(text); }
int64_t Ts(std::string_view text) { return *ParseTimestamp(text, Zone::kNone); }

// Spec, appendix B: the table of hash requirements and its test values.
TEST(TransformTest, HashesOfAppendixB) {
  EXPECT_EQ(HashLong(34), 2017239379);
  EXPECT_EQ(HashLong(17486), -653330422);           // date 2017-11-16
  EXPECT_EQ(HashLong(81'068'000'000), -662762989);  // time 22:31:08
  EXPECT_EQ(HashLong(Ts("2017-11-16T22:31:08")), -2047944441);
  EXPECT_EQ(HashLong(Ts("2017-11-16T22:31:08.000001")), -1207196810);
  EXPECT_EQ(HashBytes("iceberg"), 1210000089);
  EXPECT_EQ(HashBytes("\x05\x8c"), -500754589);  // decimal 14.20
  EXPECT_EQ(HashBytes("\xf7\x9c\x3e\x09\x67\x7c\x4b\xbd\xa4\x79\x3f\x34\x9c\xb7\x85\xe7"), 1488055340);
  EXPECT_EQ(HashBytes("\x00\x01\x02\x03"s), -188683207);
}

TEST(TransformTest, Bucket) {
  const int mask = std::numeric_limits<int32_t>::max();
  const auto bucket = Tr("bucket[100]");
  EXPECT_EQ(bucket.Apply(*T("int"), int32_t{34}), Literal(2017239379 % 100));
  EXPECT_EQ(bucket.Apply(*T("long"), int64_t{34}), Literal(2017239379 % 100));
  EXPECT_EQ(bucket.Apply(*T("date"), int32_t{17486}), Literal((-653330422 & mask) % 100));
  EXPECT_EQ(bucket.Apply(*T("time"), int64_t{81'068'000'000}), Literal((-662762989 & mask) % 100));
  EXPECT_EQ(bucket.Apply(*T("decimal(9, 2)"), Int128{1420}), Literal((-500754589 & mask) % 100));
  EXPECT_EQ(bucket.Apply(*T("string"), "iceberg"s), Literal(1210000089 % 100));
  EXPECT_EQ(bucket.Apply(*T("binary"), "\x00\x01\x02\x03"s), Literal((-188683207 & mask) % 100));
  EXPECT_EQ(bucket.Apply(*T("fixed[4]"), "\x00\x01\x02\x03"s), Literal((-188683207 & mask) % 100));
  // Nanoseconds fall into the buckets of their microseconds, also before 1970.
  for (const int64_t micros : {Ts("2017-11-16T22:31:08.000001"), int64_t{-1}}) {
    EXPECT_EQ(bucket.Apply(*T("timestamp_ns"), micros * 1000 + 999), bucket.Apply(*T("timestamptz"), micros));
  }
}

TEST(TransformTest, Truncate) {
  const auto ten = Tr("truncate[10]");
  EXPECT_EQ(ten.Apply(*T("int"), int32_t{1}), Literal(int32_t{0}));
  EXPECT_EQ(ten.Apply(*T("int"), int32_t{-1}), Literal(int32_t{-10}));
  EXPECT_EQ(ten.Apply(*T("int"), int32_t{-10}), Literal(int32_t{-10}));
  EXPECT_EQ(ten.Apply(*T("long"), int64_t{1}), Literal(int64_t{0}));
  EXPECT_EQ(ten.Apply(*T("long"), int64_t{-1}), Literal(int64_t{-10}));
  EXPECT_EQ(Tr("truncate[50]").Apply(*T("decimal(9, 2)"), Int128{1065}), Literal(Int128{1050}));
  EXPECT_EQ(ten.Apply(*T("decimal(9, 2)"), Int128{-5}), Literal(Int128{-10}));
  EXPECT_EQ(Tr("truncate[3]").Apply(*T("string"), "iceberg"s), Literal("ice"s));
  EXPECT_EQ(ten.Apply(*T("string"), "ice"s), Literal("ice"s));
  EXPECT_EQ(Tr("truncate[2]").Apply(*T("string"), "a\xf0\x9f\x98\x80\xc3\xbcz"s), Literal("a\xf0\x9f\x98\x80"s));
  EXPECT_EQ(Tr("truncate[3]").Apply(*T("binary"), "\x01\x02\x03\x04"s), Literal("\x01\x02\x03"s));
  EXPECT_EQ(Tr("truncate[2147483647]").Apply(*T("int"), int32_t{-1}), Literal(int32_t{-2147483647}));
  EXPECT_EQ(Tr("truncate[2147483647]").Apply(*T("int"), int32_t{2147483646}), Literal(int32_t{0}));
  EXPECT_EQ(ten.Apply(*T("long"), std::numeric_limits<int64_t>::min()), Literal(int64_t{9223372036854775806}));
}

TEST(TransformTest, TimesFloorBeforeTheEpoch) {
  const auto ts = T("timestamp");
  EXPECT_EQ(Tr("year").Apply(*ts, Ts("2017-11-16T22:31:08")), Literal(int32_t{47}));
  EXPECT_EQ(Tr("month").Apply(*ts, Ts("2017-11-16T22:31:08")), Literal(int32_t{574}));
  EXPECT_EQ(Tr("day").Apply(*ts, Ts("2017-11-16T22:31:08")), Literal(int32_t{17486}));
  EXPECT_EQ(Tr("hour").Apply(*ts, Ts("2017-11-16T22:31:08")), Literal(int32_t{419686}));
  for (const char* name : {"year", "month", "day", "hour"}) {
    EXPECT_EQ(Tr(name).Apply(*ts, int64_t{-1}), Literal(int32_t{-1})) << name;
    EXPECT_EQ(Tr(name).Apply(*ts, int64_t{0}), Literal(int32_t{0})) << name;
    EXPECT_EQ(Tr(name).Apply(*T("timestamptz_ns"), int64_t{-1}), Literal(int32_t{-1})) << name;
  }
  EXPECT_EQ(Tr("year").Apply(*T("date"), int32_t{-366}), Literal(int32_t{-2}));
  EXPECT_EQ(Tr("month").Apply(*T("date"), int32_t{-31}), Literal(int32_t{-1}));
  EXPECT_EQ(Tr("month").Apply(*T("date"), int32_t{-32}), Literal(int32_t{-2}));
  EXPECT_EQ(Tr("day").Apply(*T("date"), int32_t{-32}), Literal(int32_t{-32}));
}

TEST(TransformTest, NullGivesNull) {
  for (const char* name : {"identity", "bucket[4]", "truncate[4]", "year", "month", "day", "hour", "void", "zorder"}) {
    EXPECT_TRUE(IsNull(Tr(name).Apply(*T("timestamp"), {}))) << name;
    EXPECT_EQ(Tr(name).ToHuman(*T("timestamp"), {}), "null");
  }
  EXPECT_TRUE(IsNull(Tr("void").Apply(*T("int"), int32_t{1})));
  EXPECT_EQ(Tr("identity").Apply(*T("int"), int32_t{1}), Literal(int32_t{1}));
}

TEST(TransformTest, TextsParseAndPrintBack) {
  for (const char* text :
       {"identity", "bucket[16]", "truncate[8]", "year", "month", "day", "hour", "void", "zorder[3]"}) {
    EXPECT_EQ(Tr(text).ToString(), text);
  }
  EXPECT_EQ(Tr("Bucket[16]"), Tr("bucket[16]"));
  for (const char* unknown :
       {"", "bucket", "bucket[]", "bucket[0]", "bucket[-1]", "bucket[9999999999]", "bucket[1", "days"}) {
    EXPECT_EQ(Tr(unknown).kind, TransformKind::kUnknown) << unknown;
    EXPECT_EQ(Tr(unknown).ToString(), unknown);
  }
}

TEST(TransformTest, ResultTypes) {
  EXPECT_EQ((*Tr("identity").ResultType(*T("uuid")))->ToString(), "uuid");
  EXPECT_EQ((*Tr("bucket[3]").ResultType(*T("string")))->ToString(), "int");
  EXPECT_EQ((*Tr("truncate[3]").ResultType(*T("decimal(9, 2)")))->ToString(), "decimal(9, 2)");
  EXPECT_EQ((*Tr("day").ResultType(*T("timestamp_ns")))->ToString(), "date");
  EXPECT_EQ((*Tr("hour").ResultType(*T("timestamptz")))->ToString(), "int");
  EXPECT_EQ((*Tr("void").ResultType(*T("float")))->ToString(), "float");
  EXPECT_EQ((*Tr("zorder").ResultType(*T("float")))->ToString(), "string");
  for (const auto& [transform, type] :
       std::initializer_list<std::pair<const char*, const char*>>{{"bucket[3]", "float"},
                                                                  {"bucket[3]", "double"},
                                                                  {"bucket[3]", "boolean"},
                                                                  {"truncate[3]", "date"},
                                                                  {"truncate[3]", "fixed[3]"},
                                                                  {"hour", "date"},
                                                                  {"year", "time"},
                                                                  {"day", "long"},
                                                                  {"identity", "variant"}}) {
    auto result = Tr(transform).ResultType(*T(type));
    ASSERT_FALSE(result) << transform << " " << type;
    EXPECT_EQ(result.error().kind, ErrorKind::kInvalidArgument);
  }
  EXPECT_FALSE(Tr("identity").ResultType(*Type::Struct({})));
}

TEST(TransformTest, HumanValues) {
  const auto ts = T("timestamptz");
  EXPECT_EQ(Tr("year").ToHuman(*ts, int32_t{47}), "2017");
  EXPECT_EQ(Tr("year").ToHuman(*ts, int32_t{-1}), "1969");
  EXPECT_EQ(Tr("month").ToHuman(*ts, int32_t{574}), "2017-11");
  EXPECT_EQ(Tr("month").ToHuman(*ts, int32_t{-1}), "1969-12");
  EXPECT_EQ(Tr("day").ToHuman(*ts, int32_t{17486}), "2017-11-16");
  EXPECT_EQ(Tr("hour").ToHuman(*ts, int32_t{419686}), "2017-11-16-22");
  EXPECT_EQ(Tr("hour").ToHuman(*ts, int32_t{-1}), "1969-12-31-23");
  EXPECT_EQ(Tr("bucket[9]").ToHuman(*T("string"), int32_t{7}), "7");
  EXPECT_EQ(Tr("truncate[9]").ToHuman(*T("string"), "us-east"s), "us-east");
  EXPECT_EQ(Tr("identity").ToHuman(*T("decimal(9, 2)"), Int128{-5}), "-0.05");
}

}  // namespace
}  // namespace frazil::iceberg
