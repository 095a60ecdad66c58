#include "iceberg/partition_spec.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "iceberg/sort_order.h"

namespace frazil::iceberg {
namespace {

using namespace std::string_literals;
using nlohmann::json;
using ::testing::HasSubstr;

Schema TestSchema() {
  return Schema(0, {Field{.id = 1, .name = "ts", .type = Type::Primitive(TypeKind::kTimestamp)},
                    Field{.id = 2, .name = "city", .type = Type::Primitive(TypeKind::kString)},
                    Field{.id = 3, .name = "raw", .type = Type::Primitive(TypeKind::kBinary)}});
}

const json kSpec = json::parse(R"({"spec-id": 2, "fields": [
  {"source-id": 1, "field-id": 1000, "name": "ts_hour", "transform": "hour"},
  {"source-id": 2, "field-id": 1003, "name": "city/x", "transform": "identity"},
  {"source-id": 3, "field-id": 1004, "name": "raw_trunc", "transform": "truncate[2]"},
  {"source-id": 2, "field-id": 1005, "name": "gone", "transform": "void"},
  {"source-id": 2, "field-id": 1006, "name": "odd", "transform": "zorder[3]"}]})");

TEST(PartitionSpecTest, JsonRoundTrip) {
  auto spec = ParsePartitionSpec(kSpec);
  ASSERT_TRUE(spec) << spec.error().message;
  EXPECT_EQ(ToJson(*spec), kSpec);
  EXPECT_EQ(FieldsToJson(*spec), kSpec["fields"]);
  EXPECT_FALSE(spec->unpartitioned());
}

TEST(PartitionSpecTest, FieldIdsOfV1AreCountedUp) {
  auto fields = ParsePartitionFields(json::parse(R"([
    {"source-id": 1, "name": "a", "transform": "day"}, {"source-ids": [2], "name": "b", "transform": "identity"}])"));
  ASSERT_TRUE(fields) << fields.error().message;
  EXPECT_EQ((*fields)[0].field_id, 1000);
  EXPECT_EQ((*fields)[1].field_id, 1001);
  EXPECT_EQ((*fields)[1].source_id, 2);
}

TEST(PartitionSpecTest, SeveralSourcesAreNotSupported) {
  auto fields = ParsePartitionFields(
      json::parse(R"([{"source-ids": [1, 2], "field-id": 1000, "name": "b", "transform": "bucket[3]"}])"));
  ASSERT_FALSE(fields);
  EXPECT_EQ(fields.error().kind, ErrorKind::kUnsupported);
}

TEST(PartitionSpecTest, WrongJsonIsCorrupt) {
  for (const char* text :
       {"[]", "{}", R"({"spec-id": 1})", R"({"spec-id": 1, "fields": {}})", R"({"spec-id": 1, "fields": [1]})",
        R"({"spec-id": 1, "fields": [{"name": "a", "transform": "day"}]})",
        R"({"spec-id": 1, "fields": [{"source-ids": [], "name": "a", "transform": "day"}]})"}) {
    auto spec = ParsePartitionSpec(json::parse(text));
    ASSERT_FALSE(spec) << text;
    EXPECT_EQ(spec.error().kind, ErrorKind::kCorrupt) << text;
  }
}

TEST(PartitionSpecTest, Unpartitioned) {
  EXPECT_TRUE(PartitionSpec{}.unpartitioned());
  PartitionSpec spec;
  spec.fields.push_back({.source_id = 1, .field_id = 1000, .name = "a", .transform = Transform::Parse("void")});
  EXPECT_TRUE(spec.unpartitioned());
  EXPECT_EQ(spec.PartitionPath(TestSchema(), {Literal()}), "");
}

TEST(PartitionSpecTest, PartitionType) {
  const auto type = *ParsePartitionSpec(kSpec)->PartitionType(TestSchema());
  EXPECT_EQ(type->ToString(),
            "struct<1000: ts_hour: optional int, 1003: city/x: optional string, 1004: raw_trunc: optional binary, "
            "1005: gone: optional string, 1006: odd: optional string>");
  // The source column is gone.
  EXPECT_EQ((*ParsePartitionSpec(kSpec)->PartitionType(Schema(1, {})))->fields()[0].type->kind(), TypeKind::kUnknown);

  PartitionSpec wrong;
  wrong.fields.push_back({.source_id = 2, .field_id = 1000, .name = "city_day", .transform = Transform::Parse("day")});
  EXPECT_THAT(wrong.PartitionType(TestSchema()).error().message,
              HasSubstr("partition field \"city_day\": transform day does not take a source of type string"));
}

TEST(PartitionSpecTest, PathsAreUrlEncoded) {
  EXPECT_EQ(ParsePartitionSpec(kSpec)->PartitionPath(
                TestSchema(), {int32_t{419686}, "a b/\xc3\xbc"s, "\x00\xff"s, Literal(), Literal()}),
            "ts_hour=2017-11-16-22/city%2Fx=a+b%2F%C3%BC/raw_trunc=AP8%3D/gone=null/odd=null");
}

TEST(SortOrderTest, JsonRoundTrip) {
  const json text = json::parse(R"({"order-id": 3, "fields": [
    {"transform": "identity", "source-id": 2, "direction": "asc", "null-order": "nulls-first"},
    {"transform": "bucket[4]", "source-id": 3, "direction": "desc", "null-order": "nulls-last"}]})");
  auto order = ParseSortOrder(text);
  ASSERT_TRUE(order) << order.error().message;
  EXPECT_EQ(ToJson(*order), text);
  EXPECT_FALSE(order->fields[1].ascending);
  EXPECT_FALSE(ParseSortOrder(json::parse(R"({"order-id": 3, "fields": [
    {"transform": "identity", "source-id": 2, "direction": "up", "null-order": "nulls-first"}]})")));
}

}  // namespace
}  // namespace frazil::iceberg
