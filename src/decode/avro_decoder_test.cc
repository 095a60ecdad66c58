#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "avro/datum.h"
#include "decode/avro_format.h"
#include "decode/json_stream_support.h"
#include "iceberg/type_text.h"

namespace frazil::decode {
namespace {

using avro::Datum;
using iceberg::Type;
using iceberg::TypeKind;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

avro::SchemaPtr Parse(const std::string& text) {
  auto schema = avro::Schema::Parse(text);
  if (!schema) throw std::runtime_error(schema.error().message);
  return *schema;
}

// A record with one field "v".
avro::SchemaPtr Of(const std::string& type) {
  return Parse(R"({"type": "record", "name": "r", "fields": [{"name": "v", "type": )" + type + "}]}");
}

std::string Encoded(const avro::SchemaPtr& schema, Datum datum) {
  avro::BinaryWriter writer;
  const Status done = avro::Encode(schema->root(), datum, &writer);
  if (!done) throw std::runtime_error(done.error().message);
  return writer.Take();
}

// What becomes of one payload, and the table's schema then: "v=1;" or "bad: …".
std::string Show(const avro::SchemaPtr& schema, const std::string& payload, std::vector<iceberg::Field> columns,
                 const DecoderOptions& options = {}) {
  const FormatPtr format = MakeAvroFormat({.only = schema, .registry = nullptr});
  const auto done = RunStream(std::move(columns), {payload}, {1}, options, *format);
  for (const auto& [offset, reason] : done.bad) return "bad: " + reason;
  return done.rows.at(0);
}

std::string One(const std::string& type, Datum value, iceberg::TypePtr column) {
  const auto schema = Of(type);
  return Show(schema, Encoded(schema, Datum{Datum::List{std::move(value)}}), {Optional("v", std::move(column))});
}

iceberg::TypePtr P(TypeKind kind) { return Type::Primitive(kind); }

// The column that is made for values of the type.
std::string ColumnOf(const std::string& type) {
  const auto fields = AvroColumns(Of(type)->root());
  if (!fields) return "none: " + fields.error().message;
  return fields->empty() ? "none" : TypeText(*fields->at(0).type);
}

TEST(AvroColumnsTest, OfEveryType) {
  const std::pair<const char*, const char*> cases[] = {
      {R"("null")", "none"},
      {R"("boolean")", "boolean"},
      {R"("int")", "int"},
      {R"("long")", "long"},
      {R"("float")", "float"},
      {R"("double")", "double"},
      {R"("bytes")", "binary"},
      {R"("string")", "string"},
      {R"({"type": "fixed", "name": "f", "size": 3})", "fixed[3]"},
      {R"({"type": "enum", "name": "e", "symbols": ["A"]})", "string"},
      {R"({"type": "array", "items": ["null", "int"]})", "list<int>"},
      {R"({"type": "map", "values": "long"})", "map<string, long>"},
      {R"({"type": "array", "items": "null"})", "none"},
      {R"({"type": "record", "name": "s", "fields": [{"name": "a", "type": "int"}]})", "struct<a: int>"},
      {R"({"type": "record", "name": "s", "fields": []})", "none"},
      {R"({"type": "bytes", "logicalType": "decimal", "precision": 9, "scale": 2})", "decimal(9, 2)"},
      {R"({"type": "bytes", "logicalType": "decimal", "precision": 39, "scale": 2})", "binary"},
      {R"({"type": "string", "logicalType": "uuid"})", "uuid"},
      {R"({"type": "int", "logicalType": "date"})", "date"},
      {R"({"type": "int", "logicalType": "time-millis"})", "time"},
      {R"({"type": "long", "logicalType": "timestamp-millis"})", "timestamptz"},
      {R"({"type": "long", "logicalType": "timestamp-nanos"})", "timestamptz"},
      {R"({"type": "long", "logicalType": "local-timestamp-micros"})", "timestamp"},
      {R"({"type": "fixed", "name": "d", "size": 12, "logicalType": "duration"})", "fixed[12]"},
      {R"(["null", "string"])", "string"},
      {R"(["int", "null", "long"])", "long"},
      {R"(["int", "float"])", "double"},
      {R"(["null", "string", {"type": "enum", "name": "e", "symbols": ["A"]}])", "string"},
      {R"(["null", "string", "long"])", "none: v: no column holds a union of string and long"},
      {R"(["null", "r"])", "none: v: record r holds itself, which no column can"},
  };
  for (const auto& [type, column] : cases) EXPECT_EQ(ColumnOf(type), column) << type;
}

// With each level the records double.
TEST(AvroColumnsTest, RecordsThatGrowWithoutEnd) {
  std::string type = R"({"type": "record", "name": "r0", "fields": [{"name": "a", "type": "int"}]})";
  for (int i = 1; i < 40; ++i) {
    type = fmt::format(
        R"({{"type": "record", "name": "r{}", "fields": [{{"name": "a", "type": {}}}, {{"name": "b", "type": "r{}"}}]}})",
        i, type, i - 1);
  }
  EXPECT_THAT(ColumnOf(type), HasSubstr("more than 100000 fields"));
}

TEST(AvroDecoderTest, ValuesOfEveryType) {
  const std::string decimal = R"({"type": "bytes", "logicalType": "decimal", "precision": 9, "scale": 2})";
  EXPECT_EQ(One(R"("boolean")", Datum{true}, P(TypeKind::kBoolean)), "{v=true;}");
  EXPECT_EQ(One(R"("int")", Datum{int32_t{-7}}, P(TypeKind::kInt)), "{v=-7;}");
  EXPECT_EQ(One(R"("int")", Datum{int32_t{-7}}, P(TypeKind::kLong)), "{v=-7;}");
  EXPECT_EQ(One(R"("int")", Datum{int32_t{-7}}, P(TypeKind::kDouble)), "{v=-7;}");
  EXPECT_EQ(One(R"("long")", Datum{int64_t{1} << 40}, P(TypeKind::kLong)), "{v=1099511627776;}");
  EXPECT_EQ(One(R"("long")", Datum{int64_t{5}}, P(TypeKind::kInt)), "{v=5;}");
  EXPECT_THAT(One(R"("long")", Datum{int64_t{1} << 40}, P(TypeKind::kInt)), HasSubstr("is no int: it has 64 bits"));
  EXPECT_EQ(One(R"("float")", Datum{1.5F}, P(TypeKind::kDouble)), "{v=1.5;}");
  EXPECT_EQ(One(R"("double")", Datum{1.5}, P(TypeKind::kFloat)), "{v=1.5;}");
  EXPECT_THAT(One(R"("double")", Datum{1e300}, P(TypeKind::kFloat)), HasSubstr("too large for 32 bits"));
  EXPECT_EQ(One(R"("string")", Datum{std::string("ä")}, P(TypeKind::kString)), "{v=ä;}");
  EXPECT_THAT(One(R"("string")", Datum{std::string("\xff")}, P(TypeKind::kString)), HasSubstr("not valid UTF-8"));
  EXPECT_EQ(
      One(R"("string")", Datum{std::string("00000000-0000-0000-0000-0000000000ff")}, P(TypeKind::kUuid)).size(),
      One(R"({"type": "fixed", "name": "u", "size": 16})", Datum{std::string(16, '\1')}, P(TypeKind::kUuid)).size());
  EXPECT_THAT(One(R"("string")", Datum{std::string("x")}, P(TypeKind::kUuid)), HasSubstr("it must look like"));
  EXPECT_EQ(One(R"({"type": "enum", "name": "e", "symbols": ["A", "B"]})", Datum{int32_t{1}}, P(TypeKind::kString)),
            "{v=B;}");
  EXPECT_EQ(One(decimal, Datum{std::string("\xff\x38")}, Type::Decimal(9, 2)), "{v=-2.00;}");
  EXPECT_EQ(One(decimal, Datum{std::string("\xff\x38")}, Type::Decimal(9, 4)), "{v=-2.0000;}");
  EXPECT_EQ(One(decimal, Datum{std::string("\xff\x38")}, Type::Decimal(9, 0)), "{v=-2;}");
  EXPECT_THAT(One(decimal, Datum{std::string("\xff\x39")}, Type::Decimal(9, 1)), HasSubstr("digits would be lost"));
  EXPECT_EQ(One(decimal, Datum{std::string(20, '\0') + "\x01"}, Type::Decimal(9, 2)), "{v=0.01;}");
  EXPECT_EQ(One(decimal, Datum{std::string(20, '\xff')}, Type::Decimal(9, 2)), "{v=-0.01;}");
  EXPECT_THAT(One(decimal, Datum{std::string("\x01") + std::string(20, '\0')}, Type::Decimal(9, 2)),
              HasSubstr("too many digits"));
  EXPECT_EQ(One(R"({"type": "int", "logicalType": "date"})", Datum{int32_t{1}}, P(TypeKind::kDate)), "{v=1970-01-02;}");
  EXPECT_EQ(One(R"({"type": "int", "logicalType": "time-millis"})", Datum{int32_t{1}}, P(TypeKind::kTime)),
            "{v=00:00:00.001000;}");
  EXPECT_THAT(
      One(R"({"type": "long", "logicalType": "time-micros"})", Datum{int64_t{86'400'000'000}}, P(TypeKind::kTime)),
      HasSubstr("no time of a day"));
  EXPECT_EQ(One(R"({"type": "long", "logicalType": "timestamp-millis"})", Datum{int64_t{1}}, P(TypeKind::kTimestamp)),
            "{v=1970-01-01 00:00:00.001000;}");
  EXPECT_EQ(One(R"({"type": "long", "logicalType": "timestamp-nanos"})", Datum{int64_t{-1}}, P(TypeKind::kTimestamp)),
            "{v=1969-12-31 23:59:59.999999;}");
  EXPECT_THAT(One(R"({"type": "long", "logicalType": "timestamp-millis"})", Datum{std::numeric_limits<int64_t>::max()},
                  P(TypeKind::kTimestampTz)),
              HasSubstr("beyond what 64 bits hold"));
  EXPECT_EQ(One(R"("long")", Datum{int64_t{1500}}, P(TypeKind::kTimestamp)), "{v=1970-01-01 00:00:01.500000;}");
}

TEST(AvroDecoderTest, NullsAndWhatHoldsOthers) {
  const auto longs = Type::List(0, P(TypeKind::kLong), false);
  const auto schema = Of(R"(["null", "long"])");
  EXPECT_EQ(One(R"(["null", "long"])", Datum{}, P(TypeKind::kLong)), "{}");
  EXPECT_EQ(One(R"(["null", "long"])", Datum{int64_t{3}, 1}, P(TypeKind::kLong)), "{v=3;}");
  EXPECT_THAT(Show(schema, Encoded(schema, Datum{Datum::List{Datum{}}}), {Required("v", P(TypeKind::kLong))}),
              HasSubstr("'v' is null, but its column is required"));
  EXPECT_EQ(
      One(R"({"type": "array", "items": ["null", "long"]})", Datum{Datum::List{Datum{}, Datum{int64_t{5}, 1}}}, longs),
      "{v=[null,5,];}");
  const auto map = Type::Map(0, P(TypeKind::kString), 0, P(TypeKind::kLong), false);
  EXPECT_EQ(One(R"({"type": "map", "values": "long"})",
                Datum{Datum::Map{{"b", Datum{int64_t{1}}}, {"a", Datum{int64_t{2}}}}}, map),
            "{v=<b:1,a:2,>;}");
  EXPECT_THAT(One(R"({"type": "map", "values": "long"})",
                  Datum{Datum::Map{{"b", Datum{int64_t{1}}}, {"b", Datum{int64_t{2}}}}}, map),
              HasSubstr("map 'v' has a key twice"));
  const auto place = Type::Struct({Optional("z", P(TypeKind::kLong)), Optional("a", P(TypeKind::kString))});
  EXPECT_EQ(One(R"({"type": "record", "name": "s", "fields": [{"name": "a", "type": "string"}]})",
                Datum{Datum::List{Datum{std::string("x")}}}, place),
            "{v={a=x;};}");
}

TEST(AvroDecoderTest, AColumnOfAnotherKind) {
  EXPECT_THAT(One(R"("string")", Datum{std::string("x")}, P(TypeKind::kLong)),
              HasSubstr("field 'v' is Avro's string in the writer's schema, but its column is long"));
  EXPECT_EQ(One(R"(["null", "string"])", Datum{}, P(TypeKind::kLong)), "{}") << "a null is one for any column";
  EXPECT_EQ(One(R"(["string", "long"])", Datum{int64_t{4}, 1}, P(TypeKind::kLong)), "{v=4;}");
}

TEST(AvroDecoderTest, WhatIsNotOfTheSchema) {
  const auto schema = Of(R"("string")");
  const std::string good = Encoded(schema, Datum{Datum::List{Datum{std::string("abc")}}});
  const std::vector<iceberg::Field> columns = {Optional("v", P(TypeKind::kString))};
  EXPECT_THAT(Show(schema, good.substr(0, 2), columns), HasSubstr("not of the writer's schema"));
  EXPECT_THAT(Show(schema, good + "x", columns), HasSubstr("1 bytes are left over"));
  EXPECT_THAT(Show(schema, "", columns), HasSubstr("not of the writer's schema"));
}

TEST(AvroDecoderTest, SymbolsAreNotMadeOfNothing) {
  const auto schema = Of(fmt::format(
      R"({{"type": "array", "items": {{"type": "enum", "name": "e", "symbols": ["{}"]}}}})", std::string(1000, 'x')));
  const Datum many{Datum::List{Datum{Datum::List(100, Datum{int32_t{0}})}}};
  EXPECT_THAT(Show(schema, Encoded(schema, many), {Optional("v", Type::List(0, P(TypeKind::kString), false))}),
              HasSubstr("far more room"));
}

TEST(AvroDecoderTest, ColumnsGrowAsTheSchemaSays) {
  const auto schema = Parse(R"({"type": "record", "name": "r", "fields": [
      {"name": "id", "type": "long"}, {"name": "name", "type": ["null", "string"]},
      {"name": "place", "type": ["null", {"type": "record", "name": "p", "fields": [
          {"name": "city", "type": "string"}, {"name": "zip", "type": "int"}]}]}]})");
  const FormatPtr format = MakeAvroFormat({.only = schema, .registry = nullptr});
  const auto row = [&](int64_t id, bool placed) {
    const Datum place = placed ? Datum{Datum::List{Datum{std::string("Bern")}, Datum{int32_t{3000}}}, 1} : Datum{};
    return std::optional(Encoded(schema, Datum{Datum::List{Datum{id}, Datum{}, place}}));
  };
  const std::vector<std::optional<std::string>> values = {row(1, false), std::nullopt, row(2, true),
                                                          std::string("\x02"), row(3, true)};
  const std::vector<iceberg::Field> columns = {
      Optional("place", Type::Struct({Optional("city", P(TypeKind::kString))}))};
  const auto whole = RunStream(columns, values, {5}, {}, *format);
  const auto parts = RunStream(columns, values, {1, 2, 3, 4, 5}, {}, *format);
  EXPECT_EQ(whole.schema, "struct<place: struct<city: string, zip: int>, id: long, name: string>");
  EXPECT_EQ(whole.rows.at(2), "{place={city=Bern;zip=3000;};id=2;}");
  EXPECT_EQ(whole.tombstones, 1);
  EXPECT_EQ(whole.bad.size(), 1U);
  EXPECT_EQ(whole.schema, parts.schema);
  EXPECT_EQ(whole.rows, parts.rows);
  EXPECT_EQ(whole.bad, parts.bad);

  DecoderOptions strict;
  strict.add_columns = false;
  EXPECT_THAT(RunStream(columns, values, {5}, strict, *format).bad.at(0), HasSubstr("not allowed in strict mode"));
  DecoderOptions metadata;
  metadata.metadata = {MetadataColumn::kOffset};
  const auto clash = Parse(R"({"type": "record", "name": "r", "fields": [
      {"name": "id", "type": "long"}, {"name": "_kafka_offset", "type": "long"}]})");
  EXPECT_THAT(Show(clash, Encoded(clash, Datum{Datum::List{Datum{int64_t{1}}, Datum{int64_t{2}}}}), columns, metadata),
              HasSubstr("name of a metadata column"));
  DecoderOptions few;
  few.max_columns = 2;
  EXPECT_THAT(RunStream(columns, values, {5}, few, *format).bad.at(0), HasSubstr("max_columns: 2"));
}

TEST(AvroDecoderTest, ANewTableGetsTheColumnsOfItsSchema) {
  const auto schema = Parse(R"({"type": "record", "name": "r", "fields": [
      {"name": "id", "type": "long"}, {"name": "nothing", "type": "null"}, {"name": "at", "type": "string"}]})");
  const FormatPtr format = MakeAvroFormat({.only = schema, .registry = nullptr});
  const auto fields = format->InferSchema({}, {Required("at", P(TypeKind::kTimestamp))}, {});
  ASSERT_TRUE(fields.has_value()) << fields.error().message;
  EXPECT_EQ(TypeText(*Type::Struct(*fields)), "struct<at: required timestamp, id: long>");
  DecoderOptions few;
  few.max_columns = 1;
  EXPECT_EQ(format->InferSchema({}, {Required("at", P(TypeKind::kTimestamp))}, few)->size(), 1U);
}

TEST(AvroColumnsTest, OfTwoSchemasTheWiderWins) {
  iceberg::Field a =
      Optional("v", Type::Struct({Optional("n", P(TypeKind::kInt)), Optional("s", P(TypeKind::kString))}));
  JoinAvroColumn(a, Optional("v", Type::Struct({Optional("n", P(TypeKind::kLong)), Optional("t", P(TypeKind::kDate)),
                                                Optional("s", P(TypeKind::kLong))})));
  EXPECT_EQ(TypeText(*a.type), "struct<n: long, s: string, t: date>");
}

}  // namespace
}  // namespace frazil::decode
