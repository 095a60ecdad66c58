#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "decode/json_shape_reader.h"
#include "decode/json_test_support.h"
#include "iceberg/type_text.h"

namespace frazil::decode {
namespace {

using iceberg::Type;
using iceberg::TypeKind;

std::string Infer(const std::vector<std::vector<std::optional<std::string>>>& sample,
                  const std::vector<iceberg::Field>& declared = {}, const DecoderOptions& options = {}) {
  std::vector<record::RecordBatch> batches;
  for (const auto& values : sample) batches.push_back(JsonBatch(values));
  const auto fields = InferJsonSchema(batches, declared, options);
  return fields ? TypeText(*Type::Struct(*fields)) : fields.error().message;
}

TEST(JsonInferTest, TakesColumnsInTheOrderTheyAreSeen) {
  EXPECT_EQ(Infer({{R"({"b":1,"a":"x"})", R"({"c":true,"a":"y"})"}, {R"({"d":1.5})"}}),
            "struct<b: long, a: string, c: boolean, d: double>");
}

TEST(JsonInferTest, WidensIntegersToDoubleAndUnitesObjects) {
  EXPECT_EQ(Infer({{R"({"n":1,"s":{"x":1},"l":[{"p":1}]})", R"({"n":2e0,"s":{"y":"t","x":0.5},"l":[{"q":[2]}]})"}}),
            "struct<n: double, s: struct<x: double, y: string>, l: list<struct<p: long, q: list<long>>>>");
}

TEST(JsonInferTest, MakesNoColumnOfWhatSaysNothing) {
  EXPECT_EQ(Infer({{R"({"a":null,"b":[],"c":{},"d":[{"e":null}],"f":{"g":[],"h":1}})"}}), "struct<f: struct<h: long>>");
}

TEST(JsonInferTest, PassesOverBadRecords) {
  EXPECT_EQ(Infer({{std::nullopt, "[1]", "{\"x\":1", R"({"y":1,"y":2})", R"({"z":[1,"a"]})", R"({"a":1})",
                    R"({"a":"contradicts","b":1})"}}),
            "struct<a: long>");
}

TEST(JsonInferTest, PassesOverWhatBringsTooManyColumns) {
  DecoderOptions few;
  few.max_columns = 4;
  few.metadata = {MetadataColumn::kOffset};
  EXPECT_EQ(Infer({{R"({"price":{"a":1},"x":1})", R"({"y":1,"z":2})", R"({"x":{"no":1},"w":1})", R"({"l":[{"p":1}]})",
                    R"({"x":1.5,"l":[{"p":2}]})", R"({"l":[{"q":1}]})"}},
                  {Optional("price", Type::Decimal(9, 2))}, few),
            "struct<price: decimal(9, 2), x: double, l: list<struct<p: long>>>");
}

TEST(JsonInferTest, KeepsDeclaredColumnsFirstAndAsTheyAre) {
  DecoderOptions offset;
  offset.metadata = {MetadataColumn::kOffset};
  EXPECT_EQ(Infer({{R"({"x":1,"price":2,"_kafka_offset":5})"}}, {Optional("price", Type::Decimal(9, 2))}, offset),
            "struct<price: decimal(9, 2), x: long>");
}

TEST(JsonInferTest, InfersTimesWhereAsked) {
  DecoderOptions times;
  times.infer_time = true;
  const std::vector<std::vector<std::optional<std::string>>> sample = {
      {R"({"d":"2026-01-08","t":"2026-01-08T10:00:00Z","s":"2026-01-08"})", R"({"s":"x"})"}};
  EXPECT_EQ(Infer(sample, {}, times), "struct<d: date, t: timestamptz, s: string>");
  EXPECT_EQ(Infer(sample), "struct<d: string, t: string, s: string>");
}

TEST(JsonInferTest, RecordsThatCarryTheirSchemaAreKnown) {
  const auto carries = [](const std::string& record) {
    JsonShapeReader reader(/*infer_time=*/false);
    JsonShape shape;
    const auto batch = JsonBatch({record});
    EXPECT_EQ(reader.Read(batch.records[0].value, shape), JsonShapeReader::Outcome::kRead);
    return CarriesItsSchema(shape);
  };
  const std::string schema = R"({"type":"struct","optional":false,"fields":[{"field":"a","type":"int32"}]})";
  EXPECT_TRUE(carries(R"({"schema":)" + schema + R"(,"payload":{"a":1}})"));
  EXPECT_TRUE(carries(R"({"schema":{"type":"string","optional":true},"payload":"text"})"));
  EXPECT_FALSE(carries(R"({"schema":)" + schema + R"(,"payload":{"a":1},"other":1})"));
  EXPECT_FALSE(carries(R"({"schema":"public","payload":{"a":1}})"));
  EXPECT_FALSE(carries(R"({"payload":{"a":1}})"));
}

TEST(JsonInferTest, PassesOverRecordsThatWantWhatTheTableCannotHave) {
  EXPECT_EQ(Infer({{R"({"a.b":1})", R"({"a":{"b":2}})", R"({"":1,"x":1})", R"({"_pos":1,"x":1})", R"({"a":{"c":2}})",
                    R"({"a":{"b":2}})", R"({"l":[{"m":1}]})", R"({"l.element.m":1})", R"({"l":[{"":1}]})"}}),
            "struct<`a.b`: long, a: struct<c: long>, l: list<struct<m: long>>>");
  EXPECT_EQ(Infer({{R"({"d.e":1,"n":1})", R"({"n":2})"}},
                  {Optional("d", Type::Struct({Optional("e", Type::Primitive(TypeKind::kLong))}))}),
            "struct<d: struct<e: long>, n: long>");
  DecoderOptions headers;
  headers.metadata = {MetadataColumn::kHeaders};
  EXPECT_EQ(Infer({{R"({"_kafka_headers.key":1})", R"({"n":2})"}}, {}, headers), "struct<n: long>");
  const std::string deep = "{\"v\":" + std::string(17, '[') + "1" + std::string(17, ']') + "}";
  EXPECT_EQ(Infer({{deep, R"({"n":2})"}}), "struct<n: long>");
}

TEST(JsonInferTest, LeavesPartitionFieldsTheirNames) {
  iceberg::ColumnNames names;
  names.Reserve("ts_day");
  const auto fields = InferJsonSchema({JsonBatch({R"({"ts_day":1})", R"({"n":1})"})}, {}, {}, names);
  EXPECT_EQ(TypeText(*Type::Struct(*fields)), "struct<n: long>");
  const auto declared = InferJsonSchema({}, {Optional("ts_day", Type::Primitive(TypeKind::kLong))}, {}, names);
  EXPECT_NE(declared.error().message.find("column \"ts_day\" of `schema:`"), std::string::npos);
}

TEST(JsonInferTest, MakesAStringOfWhatContradictsWhereAsked) {
  DecoderOptions text;
  text.on_type_conflict = OnTypeConflict::kString;
  EXPECT_EQ(Infer({{R"({"a":1,"b":[1,"x"],"c":{"d":1}})", R"({"a":"x","c":[1]})", R"({"e":true,"b":7})"}}, {}, text),
            "struct<a: string, b: string, c: string, e: boolean>");
  EXPECT_EQ(Infer({{R"({"a":"x"})", R"({"a":1})", R"({"b":[1,{"x":2}]})"}}, {}, text),
            "struct<a: string, b: list<string>>")
      << "in whatever order";
  EXPECT_EQ(Infer({{R"({"a":1})", R"({"a":1.5})"}}, {}, text), "struct<a: double>");
}

TEST(JsonInferTest, TakesFieldsForThoseThatTheyAreCalledNow) {
  DecoderOptions options;
  options.renames = *Renames::Make({{"old", "new"}, {"s.x", "y"}});
  EXPECT_EQ(
      Infer({{R"({"old":1,"s":{"x":1}})", R"({"new":1.5,"s":{"y":"no","z":1}})", R"({"new":2,"s":{"y":3,"w":1}})"}}, {},
            options),
      "struct<new: long, s: struct<y: long, w: long>>");
}

TEST(JsonInferTest, AsksNoSampleWhereColumnsAreDeclaredAndOtherFieldsHaveAPlace) {
  DecoderOptions options;
  options.on_unknown_field = OnUnknownField::kIgnore;
  EXPECT_EQ(Infer({{R"({"a":1,"b":2})"}}, {Optional("a", Type::Decimal(9, 2))}, options), "struct<a: decimal(9, 2)>");
  EXPECT_EQ(Infer({{R"({"a":1,"b":2})"}}, {}, options), "struct<a: long, b: long>");
}

}  // namespace
}  // namespace frazil::decode
