#include <arrow/api.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "decode/json_format.h"
#include "decode/json_test_support.h"
#include "iceberg/type_text.h"

namespace frazil::decode {
namespace {

using iceberg::Type;
using iceberg::TypeKind;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

iceberg::TypePtr P(TypeKind kind) { return Type::Primitive(kind); }

Decoded Decode(const std::vector<iceberg::Field>& fields, const std::vector<std::optional<std::string>>& values,
               const DecoderOptions& options = {}) {
  auto decoder = MakeJsonDecoder({MakeSchema(fields)}, options);
  if (!decoder) throw std::runtime_error(decoder.error().message);
  auto decoded = (*decoder)->Decode(JsonBatch(values));
  if (!decoded) throw std::runtime_error(decoded.error().message);
  if (decoded->rows) {
    const auto valid = decoded->rows->ValidateFull();
    if (!valid.ok()) throw std::runtime_error(valid.ToString());
  }
  return *std::move(decoded);
}

// "x" at the root, "3/x" in the struct that has field id 3.
std::string Place(const iceberg::ColumnAddition& addition) {
  return (addition.parent_id == 0 ? "" : fmt::format("{}/", addition.parent_id)) + addition.field.name;
}

// Column `i` of the rows as one line: "[1, null]"; for a bad record its reason, for an addition its type.
std::string Show(const Decoded& decoded, int i = 0) {
  for (const BadRecord& bad : decoded.bad) return "bad: " + bad.reason;
  if (!decoded.rows) {
    const auto& addition = decoded.growth.additions.at(0);
    return fmt::format("add {}: {}", Place(addition), TypeText(*addition.field.type));
  }
  std::string line;
  const auto& column = *decoded.rows->column(i);
  for (int64_t row = 0; row < column.length(); ++row) {
    line += (row == 0 ? "" : ", ") + column.GetScalar(row).ValueOrDie()->ToString();
  }
  return "[" + line + "]";
}

// What becomes of `json` as the value of one optional column "v" of `type`.
std::string One(iceberg::TypePtr type, const std::string& json) {
  return Show(Decode({Optional("v", std::move(type))}, {R"({"v":)" + json + "}"}));
}

TEST(JsonDecoderTest, DecodesTheSensorRecords) {
  const auto decoded =
      Decode({Optional("sensor_id", P(TypeKind::kString)), Optional("timestamp", P(TypeKind::kTimestamp)),
              Optional("reading", P(TypeKind::kDouble))},
             {R"({"sensor_id":"s-1","timestamp":"2026-01-08T14:05:09.5","reading":21.5})",
              R"({"reading":3,"sensor_id":"s-\u00e4","timestamp":1767881109500})", std::nullopt,
              R"( { "reading" : null , "sensor_id" : "" } )"});
  ASSERT_THAT(decoded.bad, IsEmpty());
  EXPECT_EQ(decoded.tombstones, 1);
  EXPECT_EQ(decoded.rows->num_rows(), 3);
  EXPECT_EQ(Show(decoded, 0), "[s-1, s-ä, ]");
  EXPECT_EQ(Show(decoded, 1), "[2026-01-08 14:05:09.500000, 2026-01-08 14:05:09.500000, null]");
  EXPECT_EQ(Show(decoded, 2), "[21.5, 3, null]");
}

TEST(JsonDecoderTest, ShortRecordsTakeLittleMemoryAfterLongOnes) {
  auto decoder = MakeJsonDecoder({MakeSchema({Optional("v", P(TypeKind::kString))})}, {});
  ASSERT_TRUE(decoder);
  const std::vector<std::optional<std::string>> long_ones(4, R"({"v":")" + std::string(1 << 20, 'x') + "\"}");
  ASSERT_TRUE((*decoder)->Decode(JsonBatch(long_ones)));
  const std::vector<std::optional<std::string>> short_ones(20000, R"({"v":"x"})");
  const int64_t before = arrow::default_memory_pool()->total_bytes_allocated();
  ASSERT_TRUE((*decoder)->Decode(JsonBatch(short_ones)));
  EXPECT_LT(arrow::default_memory_pool()->total_bytes_allocated() - before, 4 << 20);
}

TEST(JsonDecoderTest, RefusesWhatIsNoObject) {
  const std::vector<iceberg::Field> fields = {Optional("v", P(TypeKind::kLong))};
  const std::pair<std::string, std::string> cases[] = {
      {"", "empty"},
      {" \t\r\n", "empty"},
      {"[1]", "not a JSON object"},
      {"5", "not a JSON object"},
      {"null", "not a JSON object"},
      {"\"{}\"", "not a JSON object"},
      {"{", "invalid JSON"},
      {"}", "not a JSON object"},
      {"{]", "invalid JSON"},
      {R"({"v":1)", "invalid JSON"},
      {R"({"v":1}})", "more than one JSON value"},
      {R"({"v":1}{"v":2})", "more than one JSON value"},
      {R"({"v":1} x)", "invalid JSON"},
      {R"({"v":1,})", "invalid JSON"},
      {R"({"v" 1})", "invalid JSON"},
      {R"({"v":01})", "invalid JSON"},
      {R"({"v":1.})", "invalid JSON"},
      {R"({"v":+1})", "invalid JSON"},
      {R"({"v":NaN})", "invalid JSON"},
      {R"({"v":nul})", "invalid JSON"},
      {R"({"v":})", "invalid JSON"},
      {R"({v:1})", "invalid JSON"},
      {R"({"u":{"a" null}})", "invalid JSON"},
      {R"({"u":[null,]})", "invalid JSON"},
      {R"({"u":{"\q":null}})", "invalid JSON"},
      {"{\"v\":\"a\nb\"}", "invalid JSON"},
      {"{\"u\":\"\xff\"}", "not valid UTF-8"},
      {"{\"\xc3\":null}", "not valid UTF-8"},
      {"\xef\xbb\xbf", "empty"},
      {"{}\xef\xbb\xbf", "invalid JSON"},
  };
  for (const auto& [json, reason] : cases) {
    // A batch of its own, and between records that would complete it.
    const auto alone = Decode(fields, {json});
    ASSERT_EQ(alone.bad.size(), 1u) << json;
    EXPECT_THAT(alone.bad[0].reason, HasSubstr(reason)) << json;
    const auto among = Decode(fields, {"{}", json, "}}}}", "{}"});
    ASSERT_EQ(among.bad.size(), 2u) << json;
    EXPECT_EQ(among.bad[0].offset, 1);
    EXPECT_EQ(among.rows->num_rows(), 2);
  }
}

TEST(JsonDecoderTest, PassesOverAByteOrderMark) {
  EXPECT_EQ(Show(Decode({Optional("v", P(TypeKind::kLong))}, {"\xef\xbb\xbf{\"v\":1}"})), "[1]");
}

TEST(JsonDecoderTest, TakesNumbersOnlyWhereTheyFit) {
  EXPECT_EQ(One(P(TypeKind::kInt), "2147483647"), "[2147483647]");
  EXPECT_THAT(One(P(TypeKind::kInt), "2147483648"), HasSubstr("{name: v, type: long}"));
  EXPECT_EQ(One(P(TypeKind::kLong), "-9223372036854775808"), "[-9223372036854775808]");
  EXPECT_THAT(One(P(TypeKind::kLong), "9223372036854775808"), HasSubstr("decimal(38, 0)"));
  EXPECT_THAT(One(P(TypeKind::kLong), "1.0"), HasSubstr("{name: v, type: double}"));
  EXPECT_THAT(One(P(TypeKind::kLong), "1e3"), HasSubstr("{name: v, type: double}"));
  EXPECT_THAT(One(P(TypeKind::kLong), "\"5\""), HasSubstr("{name: v, type: string}"));
  EXPECT_EQ(One(P(TypeKind::kDouble), "5"), "[5]");
  EXPECT_EQ(One(P(TypeKind::kDouble), "-2.5e-3"), "[-0.0025]");
  EXPECT_EQ(One(P(TypeKind::kDouble), "9223372036854775807"), "[9.223372036854776e+18]");
  EXPECT_THAT(One(P(TypeKind::kDouble), "9223372036854775808"), HasSubstr("beyond 64 bits"));
  EXPECT_THAT(One(P(TypeKind::kDouble), "100000000000000000000000000000"), HasSubstr("beyond 64 bits"));
  EXPECT_THAT(One(P(TypeKind::kDouble), "1e999"), HasSubstr("too large"));
  EXPECT_THAT(One(P(TypeKind::kDouble), "\"NaN\""), HasSubstr("{name: v, type: string}"));
  EXPECT_EQ(One(P(TypeKind::kFloat), "0.5"), "[0.5]");
  EXPECT_THAT(One(P(TypeKind::kFloat), "1e39"), HasSubstr("too large"));
  EXPECT_THAT(One(P(TypeKind::kString), "5"), HasSubstr("{name: v, type: long}"));
  EXPECT_THAT(One(P(TypeKind::kString), "true"), HasSubstr("{name: v, type: boolean}"));
  EXPECT_EQ(One(P(TypeKind::kBoolean), "false"), "[false]");
  EXPECT_THAT(One(P(TypeKind::kBoolean), "0"),
              HasSubstr("field 'v' holds a JSON integer 0, but its column is boolean"));
}

TEST(JsonDecoderTest, AdvisesWhatTheTableCanBecome) {
  EXPECT_THAT(One(P(TypeKind::kInt), "3000000000"), HasSubstr("declare it so: `schema: [{name: v, type: long}]`"));
  EXPECT_THAT(One(P(TypeKind::kFloat), "1e39"), HasSubstr("declare it so: `schema: [{name: v, type: double}]`"));
  EXPECT_THAT(One(Type::Decimal(9, 2), "12345678.9"), HasSubstr("`schema: [{name: v, type: 'decimal(10, 2)'}]`"));
  const auto item = Type::Struct({Optional("a b", P(TypeKind::kInt)), Optional("c", P(TypeKind::kBoolean))});
  EXPECT_THAT(One(Type::List(0, item, false), R"([{"a b":3000000000}])"),
              HasSubstr("`schema: [{name: v, type: 'list<struct<`a b`: long, c: boolean>>'}]`"));
}

TEST(JsonDecoderTest, AdvisesAnotherColumnWhereATypeCannotBecomeTheOther) {
  const auto item = Type::Struct({Required("a b", P(TypeKind::kLong)), Optional("c", P(TypeKind::kBoolean))});
  EXPECT_THAT(
      One(Type::List(0, item, false), R"([{"a b":"x"}])"),
      HasSubstr("declare `{name: v, type: 'list<struct<`a b`: string, c: boolean>>'}` under `schema:` and feed a "
                "new table, or first rename this table's column 'v.element.a b' and make it optional with"));
  EXPECT_THAT(One(Type::List(0, P(TypeKind::kLong), false), "[1.5]"),
              HasSubstr("`{name: v, type: list<double>}` under `schema:` and feed a new table, or first rename this "
                        "table's column 'v' with another engine"));
  EXPECT_THAT(One(P(TypeKind::kDouble), "99999999999999999999"), HasSubstr("`{name: v, type: 'decimal(38, 0)'}`"));
  EXPECT_THAT(One(Type::Decimal(9, 2), "1.234"), HasSubstr("`{name: v, type: 'decimal(10, 3)'}`"));
  EXPECT_THAT(One(P(TypeKind::kTimestamp), "9007199254740993000"), HasSubstr("`{name: v, type: long}`"));
  EXPECT_THAT(One(P(TypeKind::kLong), R"({"x":1})"), HasSubstr("declare a struct, list or map for 'v' under"));
  EXPECT_THAT(One(P(TypeKind::kDouble), "1e400"), HasSubstr("send it as a string; a column cannot"));
  EXPECT_THAT(One(P(TypeKind::kLong), std::string(39, '9')), HasSubstr("send it as a string"));
}

TEST(JsonDecoderTest, TakesDecimalsDigitByDigit) {
  const auto type = Type::Decimal(9, 2);
  EXPECT_EQ(One(type, "0.1"), "[0.10]");
  EXPECT_EQ(One(type, "-1234567.89"), "[-1234567.89]");
  EXPECT_EQ(One(type, "\"1.5\""), "[1.50]");
  EXPECT_EQ(One(type, "1.500"), "[1.50]");
  EXPECT_EQ(One(type, "15e2"), "[1500.00]");
  EXPECT_THAT(One(type, "0.001"), HasSubstr("digits"));
  EXPECT_THAT(One(type, "12345678"), HasSubstr("digits"));
  EXPECT_THAT(One(type, "\"abc\""), HasSubstr("no number"));
  EXPECT_THAT(One(type, "01"), HasSubstr("invalid JSON"));
  EXPECT_EQ(One(Type::Decimal(38, 0), "99999999999999999999999999999999999999"),
            "[99999999999999999999999999999999999999]");
}

TEST(JsonDecoderTest, TakesDatesTimesAndBytesFromText) {
  EXPECT_EQ(One(P(TypeKind::kDate), "\"2026-01-08\""), "[2026-01-08]");
  EXPECT_THAT(One(P(TypeKind::kDate), "\"2026-02-30\""), HasSubstr("2026-01-08"));
  EXPECT_THAT(One(P(TypeKind::kDate), "20260108"), HasSubstr("type: long"));
  EXPECT_EQ(One(P(TypeKind::kTime), "\"14:05:09.25\""), "[14:05:09.250000]");
  EXPECT_EQ(One(P(TypeKind::kTimestamp), "\"2026-01-08 14:05\""), "[2026-01-08 14:05:00.000000]");
  EXPECT_EQ(One(P(TypeKind::kTimestamp), "\"2026-01-08T14:05:09.123456789\""), "[2026-01-08 14:05:09.123456]");
  EXPECT_THAT(One(P(TypeKind::kTimestamp), "\"2026-01-08T14:05:09Z\""), HasSubstr("without a zone"));
  EXPECT_EQ(One(P(TypeKind::kTimestampTz), "\"2026-01-08T14:05:09+01:00\""), "[2026-01-08 13:05:09.000000Z]");
  EXPECT_THAT(One(P(TypeKind::kTimestampTz), "\"2026-01-08T14:05:09\""), HasSubstr("offset"));
  EXPECT_THAT(One(P(TypeKind::kTimestampTz), "9223372036854775807"), HasSubstr("too large"));
  EXPECT_THAT(One(P(TypeKind::kTimestamp), "1.5"), HasSubstr("type: double"));
  EXPECT_EQ(One(P(TypeKind::kUuid), "\"F79C3E09-677c-4bbd-a479-3f349cb785e7\""),
            "[\xF7\x9C>\tg|K\xBD\xA4y?4\x9C\xB7\x85\xE7]");
  EXPECT_THAT(One(P(TypeKind::kUuid), "\"f79c3e09677c4bbda4793f349cb785e7\""), HasSubstr("must look like"));
  EXPECT_EQ(One(P(TypeKind::kBinary), "\"Zm9v\""), "[foo]");
  EXPECT_THAT(One(P(TypeKind::kBinary), "\"Zm9\""), HasSubstr("base64"));
  EXPECT_EQ(One(Type::Fixed(3), "\"Zm9v\""), "[foo]");
  EXPECT_THAT(One(Type::Fixed(2), "\"Zm9v\""), HasSubstr("length"));
}

TEST(JsonDecoderTest, ReadsNestedData) {
  const auto point = Type::Struct({Optional("x", P(TypeKind::kLong)), Optional("y", P(TypeKind::kLong))});
  EXPECT_EQ(One(point, R"({"y":2})"), "[{x:int64 = null, y:int64 = 2}]");
  EXPECT_EQ(One(point, "null"), "[null]");
  EXPECT_EQ(One(Type::List(0, P(TypeKind::kLong), false), "[1,null,3]"), "[list<element: int64>[1, null, 3]]");
  EXPECT_THAT(One(Type::List(0, P(TypeKind::kLong), true), "[1,null]"), HasSubstr("required"));
  EXPECT_THAT(One(Type::List(0, P(TypeKind::kLong), false), "[1,\"a\"]"), HasSubstr("field 'v.element'"));
  EXPECT_THAT(One(Type::List(0, P(TypeKind::kLong), false), "7"), HasSubstr("list<long>"));
  EXPECT_THAT(One(point, "[7]"), HasSubstr("JSON array"));
  const auto map = Type::Map(0, P(TypeKind::kString), 0, P(TypeKind::kLong), false);
  EXPECT_THAT(One(map, R"({"a":1,"b":null})"), HasSubstr("a"));
  EXPECT_THAT(One(map, R"({"a":1,"a":2})"), HasSubstr("stands twice"));
  const auto by_number = Type::Map(0, P(TypeKind::kLong), 0, P(TypeKind::kLong), false);
  EXPECT_EQ(One(by_number, "null"), "[null]");
  EXPECT_THAT(One(by_number, R"({"1":2})"), HasSubstr("bad: "));
}

TEST(JsonDecoderTest, StoresWhatSaysNothingAsNull) {
  for (const auto& type : {P(TypeKind::kLong), P(TypeKind::kString), Type::List(0, P(TypeKind::kLong), false),
                           Type::Struct({Required("x", P(TypeKind::kLong))})}) {
    for (const char* json : {"null", "[]", "{}", "[null]", "[[],{}]", R"({"x":null})", R"({"q":[{}]})"}) {
      EXPECT_EQ(One(type, json), "[null]") << TypeText(*type) << " " << json;
    }
  }
  const auto lists = Type::List(0, Type::List(0, P(TypeKind::kLong), false), false);
  EXPECT_THAT(One(lists, "[[],[1]]"), HasSubstr("[list<element: int64>[], list<element: int64>[1]]"));
  EXPECT_EQ(Show(Decode({Required("v", Type::List(0, P(TypeKind::kLong), false))}, {R"({"v":[]})"})),
            "[list<element: int64>[]]");
}

TEST(JsonDecoderTest, WantsRequiredColumns) {
  const std::vector<iceberg::Field> fields = {Required("id", P(TypeKind::kLong))};
  EXPECT_THAT(Show(Decode(fields, {"{}"})), HasSubstr("field 'id' is missing, but its column is required"));
  EXPECT_THAT(Show(Decode(fields, {R"({"id":null})"})), HasSubstr("field 'id' is null"));
  EXPECT_EQ(Show(Decode(fields, {R"({"id":4})"})), "[4]");
}

TEST(JsonDecoderTest, RefusesAKeyThatStandsTwice) {
  const std::vector<iceberg::Field> fields = {Optional("v", P(TypeKind::kLong))};
  for (const char* json : {R"({"v":1,"v":1})", R"({"v":1,"\u0076":1})", R"({"z":null,"z":null})", R"({"z":1,"z":2})"}) {
    EXPECT_THAT(Show(Decode(fields, {json})), HasSubstr("stands twice")) << json;
  }
}

TEST(JsonDecoderTest, MatchesKeysByTheirUnescapedNames) {
  EXPECT_EQ(Show(Decode({Optional("a\"b", P(TypeKind::kLong))}, {R"({"a\"b":1})", R"({"\u0061\"b":2})"})), "[1, 2]");
  // The bytes of this name are those of another key and its value.
  EXPECT_EQ(
      Show(Decode({Optional("a\":null,\"b", P(TypeKind::kLong))}, {R"({"a\":null,\"b":3})", R"({"a":null,"b":null})"})),
      "[3, null]");
  EXPECT_EQ(Show(Decode({Optional("V", P(TypeKind::kLong)), Optional("v", P(TypeKind::kLong))}, {R"({"v":1})"})),
            "[null]");
}

TEST(JsonDecoderTest, FollowsFieldsInAnyOrder) {
  const std::vector<iceberg::Field> fields = {Optional("a", P(TypeKind::kLong)), Optional("b", P(TypeKind::kLong)),
                                              Optional("c", P(TypeKind::kLong))};
  const auto decoded =
      Decode(fields, {R"({"a":1,"b":2,"c":3})", R"({"c":3,"a":1})", R"({"b":2})", R"({"b":2,"a":1,"c":3})"});
  EXPECT_EQ(Show(decoded, 0), "[1, 1, null, 1]");
  EXPECT_EQ(Show(decoded, 1), "[2, null, 2, 2]");
  EXPECT_EQ(Show(decoded, 2), "[3, 3, null, 3]");
}

TEST(JsonDecoderTest, StopsAtTheDepthLimit) {
  const auto nested = [](int depth, const std::string& inner) {
    const auto n = static_cast<size_t>(depth);
    return R"({"v":)" + std::string(n, '[') + inner + std::string(n, ']') + "}";
  };
  DecoderOptions deep;
  deep.max_nested_lists = 63;
  EXPECT_EQ(Decode({}, {nested(63, "")}).rows->num_rows(), 1);
  EXPECT_THAT(Show(Decode({}, {nested(64, "")})), HasSubstr("deeper than 64"));
  EXPECT_THAT(Show(Decode({}, {nested(63, "1")}, deep)), HasSubstr("add v: list<list<"));
  EXPECT_THAT(Show(Decode({}, {nested(64, "1")}, deep)), HasSubstr("deeper than 64"));
  EXPECT_THAT(Show(Decode({}, {nested(100000, "1")})), HasSubstr("bad: "));
}

TEST(JsonDecoderTest, KeepsGoodRowsWhenOthersOfTheBatchAreBad) {
  const auto row =
      Type::Struct({Optional("l", Type::List(0, P(TypeKind::kString), false)), Optional("n", P(TypeKind::kLong))});
  const auto decoded =
      Decode({Optional("s", row), Optional("b", P(TypeKind::kBoolean))},
             {R"({"s":{"l":["a","b"],"n":1},"b":true})", R"({"b":false,"s":{"l":["c",5]}})",
              R"({"s":{"l":["d"],"n":null},"b":null})", R"({"s":{"l":["e","f"],"n":"x"}})", R"({"b":false})"});
  EXPECT_EQ(decoded.bad.size(), 2u);
  EXPECT_EQ(decoded.bad[1].offset, 3);
  ASSERT_TRUE(decoded.rows);
  EXPECT_EQ(decoded.rows->num_rows(), 3);
  EXPECT_EQ(decoded.rows->column(1)->ToString(), "[\n  true,\n  null,\n  false\n]");
  EXPECT_EQ(decoded.rows->column(0)->GetScalar(1).ValueOrDie()->ToString(),
            R"({l:list<element: string> = list<element: string>[d], n:int64 = null})");
}

TEST(JsonDecoderTest, RefusesUnknownFieldsInStrictMode) {
  DecoderOptions strict;
  strict.add_columns = false;
  EXPECT_THAT(Show(Decode({Optional("v", P(TypeKind::kLong))}, {R"({"v":1,"x":2})"}, strict)),
              HasSubstr("Schema evolution not allowed in strict mode: field 'x' has no column"));
  EXPECT_EQ(Show(Decode({Optional("v", P(TypeKind::kLong))}, {R"({"v":1,"x":null,"y":[],"z":{"a":[]}})"}, strict)),
            "[1]");
}

TEST(JsonDecoderTest, AddsNoMoreColumnsThanTheTableMayHave) {
  DecoderOptions few;
  few.max_columns = 4;
  few.metadata = {MetadataColumn::kOffset};
  const auto decoded = Decode({Optional("s", Type::Struct({Optional("a", P(TypeKind::kLong))}))},
                              {R"({"s":{"b":{"c":1}}})", R"({"x":1,"y":2})", R"({"s":{"a":1}})", R"({"x":1,"s":5})",
                               R"({"x":1})", R"({"s":{"d":1}})", R"({"x":2,"s":{"b":{"c":2}}})"},
                              few);
  std::vector<std::string> additions;
  for (const auto& addition : decoded.growth.additions) additions.push_back(Place(addition));
  EXPECT_THAT(additions, ElementsAre("_kafka_offset", "1/b", "x"));
  ASSERT_EQ(decoded.bad.size(), 3u);
  EXPECT_EQ(decoded.bad[0].offset, 1);
  EXPECT_EQ(decoded.bad[0].reason,
            "field 'x' has no column, and with this record the table would have more than `max_columns: 4` allows; "
            "raise it");
  EXPECT_EQ(decoded.bad[1].offset, 3) << "a bad record takes no room";
  EXPECT_THAT(decoded.bad[2].reason, HasSubstr("field 's.d'"));
}

TEST(JsonDecoderTest, KeepsTheColumnsThatATableHasAlready) {
  DecoderOptions few;
  few.max_columns = 1;
  const auto decoded =
      Decode({Optional("v", P(TypeKind::kLong)), Optional("w", P(TypeKind::kLong))}, {R"({"v":1,"w":2})"}, few);
  EXPECT_EQ(Show(decoded, 0), "[1]");
  EXPECT_EQ(Show(decoded, 1), "[2]");
}

TEST(JsonDecoderTest, AsksForColumnsFromGoodRecordsOnly) {
  const auto decoded =
      Decode({Optional("v", P(TypeKind::kLong)), Optional("s", Type::Struct({Optional("a", P(TypeKind::kLong))}))},
             {R"({"v":"bad","x":1})", R"({"v":1,"y":[1,2.5],"s":{"b":true}})", R"({"y":["no"],"w":1})",
              R"({"x":"text","s":{"c":{"d":1}}})", R"({"s":{"c":{"e":1}},"n":null})"});
  EXPECT_FALSE(decoded.rows);
  ASSERT_EQ(decoded.bad.size(), 2u);
  std::vector<std::string> additions;
  for (const auto& addition : decoded.growth.additions) {
    additions.push_back(Place(addition) + " " + TypeText(*addition.field.type));
  }
  EXPECT_THAT(additions, ElementsAre("y list<double>", "2/b boolean", "x string", "2/c struct<d: long, e: long>"));
}

TEST(JsonDecoderTest, WhatTheTableAsAWholeCannotHaveMakesARecordBad) {
  const auto text = P(TypeKind::kString);
  const auto decoded = Decode({Optional("a.b", text), Optional("s", Type::Struct({Optional("x", text)})),
                               Optional("l", Type::List(0, text, false))},
                              {R"({"a":{"b":1}})", R"({"n":1})", R"({"":1})", R"({"s":{"":1}})", R"({"s.x":1})",
                               R"({"l.element":1})", R"({"_file":1})", R"({"s":{"_file":1}})", R"({"c":{"d":1}})",
                               R"({"c.d":1})", R"({"e.f":1,"e":{"f":2}})", R"({"":null,"a":{"b":[]}})"});
  std::vector<int64_t> bad;
  for (const auto& one : decoded.bad) bad.push_back(one.offset);
  EXPECT_THAT(bad, ElementsAre(0, 2, 3, 4, 5, 6, 9, 10));
  EXPECT_THAT(decoded.bad[0].reason, HasSubstr("field 'a.b' has no column and cannot have one: the table has another"));
  EXPECT_THAT(decoded.bad[1].reason, HasSubstr("must have a name"));
  EXPECT_THAT(decoded.bad[5].reason, HasSubstr("reserved"));
  std::vector<std::string> additions;
  for (const auto& addition : decoded.growth.additions) additions.push_back(Place(addition));
  EXPECT_THAT(additions, ElementsAre("n", "2/_file", "c"));
  ASSERT_EQ(decoded.first_growth.additions.size(), 1U);
  EXPECT_EQ(Place(decoded.first_growth.additions[0]), "n");
}

TEST(JsonDecoderTest, APartitionFieldKeepsItsName) {
  const auto schema = MakeSchema({Optional("ts", P(TypeKind::kTimestamp))});
  const auto spec = std::make_shared<iceberg::PartitionSpec>(
      iceberg::PartitionSpec{0, {{1, 1000, "ts_day", {iceberg::TransformKind::kDay, 0, ""}}}});
  const auto decoder = *MakeJsonDecoder({schema, {spec}}, {});
  const auto decoded = *decoder->Decode(JsonBatch({R"({"ts":1})", R"({"ts_day":"x"})"}));
  ASSERT_EQ(decoded.bad.size(), 1U);
  EXPECT_THAT(decoded.bad[0].reason, HasSubstr("a partition field"));
}

TEST(JsonDecoderTest, IntegersCountWhatTheOptionsSay) {
  const auto one = [](TypeKind kind, EpochUnit unit, const std::string& json) {
    DecoderOptions options;
    options.time_unit = unit;
    return Show(Decode({Optional("v", P(kind))}, {R"({"v":)" + json + "}"}, options));
  };
  using enum EpochUnit;
  EXPECT_EQ(one(TypeKind::kTimestamp, kSeconds, "1"), "[1970-01-01 00:00:01.000000]");
  EXPECT_EQ(one(TypeKind::kTimestamp, kMicros, "1"), "[1970-01-01 00:00:00.000001]");
  EXPECT_EQ(one(TypeKind::kTimestamp, kNanos, "-1"), "[1969-12-31 23:59:59.999999]") << "cut off, as of text";
  EXPECT_EQ(one(TypeKind::kTimestampNs, kNanos, "-1"), "[1969-12-31 23:59:59.999999999]");
  EXPECT_EQ(one(TypeKind::kTimestampNs, kSeconds, "1"), "[1970-01-01 00:00:01.000000000]");
  EXPECT_THAT(one(TypeKind::kTimestamp, kSeconds, "9223372036855"), HasSubstr("integers are seconds since 1970"));
}

TEST(JsonDecoderTest, RemarksOnTimesThatPythonDoesNotKnow) {
  const auto remarks = [](iceberg::TypePtr type, const std::string& json) {
    return Decode({Optional("v", std::move(type))}, {R"({"v":)" + json + "}"}).remarks.size();
  };
  const auto list = Type::List(0, P(TypeKind::kTimestamp), false);
  EXPECT_EQ(remarks(P(TypeKind::kTimestamp), "253402300799999"), 0U);
  EXPECT_EQ(remarks(P(TypeKind::kTimestamp), "253402300800000"), 1U);
  EXPECT_EQ(remarks(P(TypeKind::kTimestamp), "\"0001-01-01T00:00:00\""), 0U);
  EXPECT_EQ(remarks(P(TypeKind::kTimestamp), "\"0000-12-31T23:59:59.999999\""), 1U);
  EXPECT_EQ(remarks(P(TypeKind::kDate), "\"9999-12-31\""), 0U);
  EXPECT_EQ(remarks(P(TypeKind::kDate), "\"+10000-01-01\""), 1U);
  EXPECT_EQ(remarks(list, "[1,253402300800000,null]"), 1U);
  EXPECT_EQ(remarks(list, "[1,null]"), 0U);
  EXPECT_EQ(remarks(P(TypeKind::kLong), "253402300800000"), 0U);
}

TEST(JsonDecoderTest, WhatTheCatalogRefusedIsBad) {
  RefusedColumns refused;
  const auto schema = MakeSchema({Optional("v", P(TypeKind::kLong))});
  const auto decoder = *MakeJsonDecoder({schema}, {}, &refused);
  const auto batch = JsonBatch(
      {R"({"v":1})", R"({"w":2})", R"({"x":{"w":2},"y":3})", R"({"y":3})", R"({"x":{"v":1}})", R"({"x":{"w":1}})"});
  refused.Add(decoder->Decode(JsonBatch({R"({"w":1})"}))->growth, "status 400");
  const auto once = *decoder->Decode(batch);
  ASSERT_EQ(once.bad.size(), 1U) << "not the w in the struct that this very batch would add";
  EXPECT_EQ(once.bad[0].offset, 1);
  EXPECT_THAT(once.bad[0].reason,
              HasSubstr("field 'w' has no column, and the catalog does not take a new one: status"));
  refused.Add(once.first_growth, "status 400");
  EXPECT_EQ(decoder->Decode(batch)->bad.size(), 2U) << "all that the record wanted, and not its parts";
  refused.Add(decoder->Decode(JsonBatch({R"({"y":7})"}))->growth, "status 400");
  EXPECT_EQ(decoder->Decode(batch)->bad.size(), 3U);
}

TEST(JsonDecoderTest, NewListsAreNotNestedWithoutEnd) {
  const auto lists = [](int n) { return "{\"s\":{\"v\":" + std::string(n, '[') + "1" + std::string(n, ']') + "}}"; };
  EXPECT_THAT(Show(Decode({}, {lists(16)})), HasSubstr("add s: struct<v: list<"));
  EXPECT_THAT(Show(Decode({}, {lists(17)})), HasSubstr("`max_nested_lists: 16`"));
  EXPECT_THAT(Show(Decode({Optional("s", Type::Struct({Optional("x", P(TypeKind::kLong))}))}, {lists(17)})),
              HasSubstr("field 's.v'"));
  DecoderOptions deep;
  deep.max_nested_lists = 17;
  EXPECT_THAT(Show(Decode({}, {lists(17)}, deep)), HasSubstr("add s"));
}

TEST(JsonDecoderTest, InfersTimesWhereAsked) {
  DecoderOptions times;
  times.infer_time = true;
  const auto type = [&](const std::string& json) { return Show(Decode({}, {R"({"v":)" + json + "}"}, times)); };
  EXPECT_EQ(type("\"2026-01-08\""), "add v: date");
  EXPECT_EQ(type("\"2026-01-08T10:00:00\""), "add v: timestamp");
  EXPECT_EQ(type("\"2026-01-08T10:00:00Z\""), "add v: timestamptz");
  EXPECT_EQ(type("\"2026-01-08-14\""), "add v: string");
  EXPECT_EQ(type("[\"2026-01-08\",\"later\"]"), "add v: list<string>");
  EXPECT_EQ(type("[1,\"2026-01-08T10:00:00\"]"), "add v: list<timestamp>");
}

TEST(JsonDecoderTest, ReasonsAreShortWhateverTheRecordHolds) {
  const std::string key(1 << 20, 'k');
  const std::string text(1 << 20, 't');
  const std::vector<iceberg::Field> fields = {Optional("v", P(TypeKind::kLong)), Optional(key, P(TypeKind::kLong)),
                                              Optional("s", Type::Struct({Optional(key, P(TypeKind::kLong))}))};
  DecoderOptions strict;
  strict.add_columns = false;
  const auto decoded = Decode(fields,
                              {R"({"v":")" + text + R"("})",                  // another type
                               R"({")" + key + R"(":"text"})",                // of a column with a long name
                               R"({"s":{")" + key + R"(":true}})",            // nested
                               R"({")" + key + R"(":1,")" + key + R"(":2})",  // twice
                               R"({")" + key + R"(2":1})",                    // no column
                               R"({")" + key + R"(2":tru})"},                 // no JSON
                              strict);
  ASSERT_EQ(decoded.bad.size(), 6);
  for (const BadRecord& bad : decoded.bad) {
    EXPECT_LT(bad.reason.size(), 1000) << bad.offset;
    EXPECT_THAT(bad.reason, HasSubstr(" bytes)")) << bad.offset;
  }
}

// --- Columns that change --------------------------------------------------------------------------------------------

TEST(JsonDecoderTest, AColumnWidensForAGoodRecordAlone) {
  const auto schema = MakeSchema({Optional("i", Type::Primitive(TypeKind::kInt)), Optional("d", Type::Decimal(4, 2)),
                                  Required("r", Type::Primitive(TypeKind::kString))});
  DecoderOptions options;
  options.full = true;
  const auto decoder = *MakeJsonDecoder({schema}, options);
  const auto bad = *decoder->Decode(JsonBatch({R"({"i":4294967296,"r":7})", R"({"i":1,"d":1.234,"r":"x"})"}));
  EXPECT_TRUE(bad.growth.empty());
  EXPECT_EQ(bad.bad.size(), 2U);
  const auto wide = *decoder->Decode(JsonBatch({R"({"i":1,"r":"x"})", R"({"i":4294967296,"d":123456.5})"}));
  EXPECT_EQ(wide.rows, nullptr);
  ASSERT_EQ(wide.growth.promotions.size(), 2U);
  EXPECT_EQ(wide.growth.promotions[0].field_id, 1);
  EXPECT_EQ(wide.growth.promotions[0].type->kind(), TypeKind::kLong);
  EXPECT_EQ(wide.growth.promotions[1].type->ToString(), "decimal(8, 2)");
  EXPECT_EQ(wide.growth.relaxed, std::vector<int32_t>{3});
  EXPECT_EQ(wide.first_growth, wide.growth);
  EXPECT_EQ(wide.first_growth_offset, 1);

  // What the table does not take makes its record bad.
  RefusedColumns refused;
  refused.Add({.relaxed = {3}}, "it identifies rows");
  const auto told = *(*MakeJsonDecoder({schema}, options, &refused))->Decode(JsonBatch({R"({"i":4294967296})"}));
  EXPECT_TRUE(told.growth.empty());
  ASSERT_EQ(told.bad.size(), 1U);
  EXPECT_THAT(told.bad[0].reason,
              HasSubstr("field 'r' does not fit its column, and the table does not take another one: "
                        "it identifies rows"));
}

}  // namespace
}  // namespace frazil::decode
