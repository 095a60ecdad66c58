#include "iceberg/schema.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "iceberg/schema_json.h"

namespace frazil::iceberg {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

// Every kind of nesting, defaults and documentation; member by member as appendix C names them.
const json kSchema = json::parse(R"json({
  "type": "struct", "schema-id": 3, "identifier-field-ids": [1],
  "fields": [
    {"id": 1, "name": "id", "required": true, "type": "long", "doc": "the key"},
    {"id": 2, "name": "point", "required": false, "type": {"type": "struct", "fields": [
      {"id": 5, "name": "x", "required": true, "type": "double"},
      {"id": 6, "name": "y", "required": false, "type": "double", "initial-default": 1.5, "write-default": 2}]}},
    {"id": 3, "name": "tags", "required": false, "type":
      {"type": "list", "element-id": 7, "element": "string", "element-required": true}},
    {"id": 4, "name": "by_name", "required": false, "type":
      {"type": "map", "key-id": 8, "key": "string", "value-id": 9, "value":
        {"type": "struct", "fields": [{"id": 10, "name": "price", "required": false, "type": "decimal(9, 2)"}]},
       "value-required": false}},
    {"id": 11, "name": "a.b", "required": false, "type": "fixed[3]"}]})json");

TEST(SchemaTest, JsonRoundTrip) {
  auto schema = ParseSchema(kSchema);
  ASSERT_TRUE(schema) << schema.error().message;
  EXPECT_EQ(ToJson(**schema), kSchema);
}

TEST(SchemaTest, FindsFields) {
  const auto schema = *ParseSchema(kSchema);
  EXPECT_EQ(schema->FindByName("point.x")->id, 5);
  EXPECT_EQ(schema->FindByName("tags.element")->id, 7);
  EXPECT_EQ(schema->FindByName("by_name.value.price")->id, 10);
  EXPECT_EQ(schema->FindByName("by_name.key")->id, 8);
  EXPECT_EQ(schema->FindByName("a.b")->id, 11);
  EXPECT_EQ(schema->FindByName("x"), nullptr);
  EXPECT_EQ(schema->FindById(9)->name, "value");
  EXPECT_EQ(schema->FindById(99), nullptr);
  EXPECT_EQ(schema->FullName(10), "by_name.value.price");
  EXPECT_EQ(schema->FullName(99), "");
  EXPECT_EQ(schema->HighestFieldId(), 11);
  EXPECT_FALSE(schema->InRepeated(5));
  EXPECT_FALSE(schema->InRepeated(3));
  EXPECT_TRUE(schema->InRepeated(7));
  EXPECT_TRUE(schema->InRepeated(10));
}

TEST(SchemaTest, ACopyStandsOnItsOwn) {
  auto original = std::make_unique<Schema>(**ParseSchema(kSchema));
  const Schema copy = *original;
  original.reset();
  EXPECT_EQ(copy.FindById(10)->name, "price");
}

TEST(SchemaTest, FreshIdsGoLevelByLevel) {
  const auto schema = *ParseSchema(kSchema);
  int32_t last = 0;
  const Schema fresh(0, AssignFreshIds(schema->fields(), 1, &last));
  EXPECT_EQ(last, 11);
  // A struct's fields first, then what is below them, each in turn.
  EXPECT_EQ(fresh.FindByName("a.b")->id, 5);
  EXPECT_EQ(fresh.FindByName("point.x")->id, 6);
  EXPECT_EQ(fresh.FindByName("point.y")->id, 7);
  EXPECT_EQ(fresh.FindByName("tags.element")->id, 8);
  EXPECT_EQ(fresh.FindByName("by_name.key")->id, 9);
  EXPECT_EQ(fresh.FindByName("by_name.value")->id, 10);
  EXPECT_EQ(fresh.FindByName("by_name.value.price")->id, 11);
  EXPECT_EQ(fresh.FindById(7)->initial_default, "1.5");
}

TEST(SchemaTest, WrongJsonIsCorruptAndSaysWhere) {
  const auto error = [](const char* text) {
    auto schema = ParseSchema(json::parse(text));
    EXPECT_FALSE(schema) << text;
    if (schema) return std::string();
    EXPECT_EQ(schema.error().kind, ErrorKind::kCorrupt);
    return schema.error().message;
  };
  EXPECT_THAT(error("[]"), HasSubstr("expected an object, got array"));
  EXPECT_THAT(error("{}"), HasSubstr("\"fields\" is missing"));
  EXPECT_THAT(error(R"({"fields":[{"id":1,"name":"a","required":true,"type":"lnog"}]})"),
              HasSubstr("column \"a\" (1): \"lnog\" is no Iceberg type; did you mean \"long\"?"));
  EXPECT_THAT(error(R"({"fields":[{"id":1.0,"name":"a","required":true,"type":"int"}]})"),
              HasSubstr("expected an integer"));
  EXPECT_THAT(error(R"({"fields":[{"id":3000000000,"name":"a","required":true,"type":"int"}]})"), HasSubstr("32 bits"));
  EXPECT_THAT(error(R"({"fields":[{"id":1,"name":"a","required":true,"type":{"type":"lst"}}]})"), HasSubstr("lst"));
  EXPECT_THAT(error(R"({"fields":[{"id":1,"name":"a","required":true,"type":"int"},
                                  {"id":1,"name":"b","required":true,"type":"int"}]})"),
              HasSubstr("have the same id 1"));
  std::string deep = R"("int")";
  for (int i = 0; i < 200; ++i) {
    deep.insert(0, R"({"type":"list","element-id":1,"element-required":true,"element":)");
    deep += '}';
  }
  EXPECT_THAT(error((R"({"fields":[{"id":1,"name":"a","required":true,"type":)" + deep + "}]}").c_str()),
              HasSubstr("nested deeper"));
}

}  // namespace
}  // namespace frazil::iceberg
