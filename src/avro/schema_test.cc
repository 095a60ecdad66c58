#include "avro/schema.h"

#include <gmock/gmock.h>

namespace frazil::avro {
namespace {

using ::testing::HasSubstr;

SchemaPtr Parsed(std::string_view json) {
  auto schema = Schema::Parse(json);
  EXPECT_TRUE(schema.has_value()) << (schema ? "" : schema.error().message);
  return schema.value_or(nullptr);
}

std::string ErrorOf(std::string_view json) {
  const auto schema = Schema::Parse(json);
  if (schema) return "parsed";
  EXPECT_EQ(schema.error().kind, ErrorKind::kCorrupt);
  return schema.error().message;
}

TEST(Schema, KeepsWhatIcebergWritesBesideTheTypes) {
  const auto schema = Parsed(R"({"type": "record", "name": "r2", "schema-id": 4, "fields": [
    {"name": "a", "type": ["null", {"type": "array", "items": "long", "element-id": 133}], "default": null,
     "field-id": 132, "doc": "d\"q"},
    {"name": "b", "type": {"type": "long", "logicalType": "timestamp-micros", "adjust-to-utc": true}, "field-id": 7}]})");
  const Node& root = schema->root();
  EXPECT_EQ(root.kind, Kind::kRecord);
  EXPECT_EQ(root.name, "r2");
  EXPECT_EQ(root.attributes.at("schema-id"), "4");
  ASSERT_EQ(root.fields.size(), 2U);
  EXPECT_EQ(root.fields[0].field_id, 132);
  EXPECT_EQ(root.fields[0].default_value, "null");
  EXPECT_EQ(root.fields[0].attributes.at("doc"), R"("d\"q")");
  EXPECT_EQ(root.fields[0].type->null_branch, 0);
  EXPECT_EQ(IntAttribute(root.fields[0].type->children[1]->attributes, "element-id"), 133);
  EXPECT_FALSE(root.fields[1].default_value.has_value());
  EXPECT_EQ(root.fields[1].type->logical_type, LogicalType::kTimestampMicros);
  EXPECT_EQ(root.fields[1].type->attributes.at("adjust-to-utc"), "true");
}

TEST(Schema, ResolvesNamesThroughNamespaces) {
  const auto schema = Parsed(R"({"type": "record", "name": "Outer", "namespace": "a.b", "fields": [
    {"name": "x", "type": {"type": "fixed", "name": "F", "size": 3}},
    {"name": "y", "type": "F"}, {"name": "z", "type": "a.b.F"},
    {"name": "w", "type": {"type": "enum", "name": "other.E", "symbols": ["P", "Q"]}},
    {"name": "v", "type": {"type": "other.E"}}]})");
  const auto& fields = schema->root().fields;
  EXPECT_EQ(fields[0].type->name, "a.b.F");
  EXPECT_EQ(fields[1].type, fields[0].type);
  EXPECT_EQ(fields[2].type, fields[0].type);
  EXPECT_EQ(fields[4].type, fields[3].type);
  EXPECT_EQ(schema->root().min_size, 3U + 3 + 3 + 1 + 1);
}

TEST(Schema, ThatComesAgainIsParsedOnce) {
  const auto first = *Schema::ParseOnce(R"({"type": "fixed", "name": "f", "size": 3})");
  EXPECT_EQ(*Schema::ParseOnce(R"({"type": "fixed", "name": "f", "size": 3})"), first);
  EXPECT_EQ((*Schema::ParseOnce(R"({"type": "fixed", "name": "f", "size": 4})"))->root().size, 4);
  EXPECT_FALSE(Schema::ParseOnce("{").has_value());
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(Schema::ParseOnce(std::string(static_cast<size_t>(i), ' ') + "\"int\""));
  EXPECT_EQ(first->root().size, 3) << "whoever has one keeps it";
}

TEST(Schema, AllowsRecursion) {
  const auto schema = Parsed(R"({"type": "record", "name": "List", "fields": [
    {"name": "value", "type": "long"}, {"name": "next", "type": ["null", "List"]}]})");
  EXPECT_EQ(schema->root().fields[1].type->children[1], &schema->root());
  EXPECT_EQ(schema->root().min_size, 2U);
}

TEST(Schema, ReadsNamesThatAreDefinedTwice) {
  const auto schema = Parsed(R"({"type": "record", "name": "r", "fields": [
    {"name": "a", "type": {"type": "fixed", "name": "f", "size": 1}},
    {"name": "b", "type": {"type": "fixed", "name": "f", "size": 2}}, {"name": "c", "type": "f"}]})");
  EXPECT_EQ(schema->root().min_size, 1U + 2 + 2);
}

TEST(Schema, IgnoresLogicalTypesThatDoNotFit) {
  const auto logical = [](std::string_view json) { return Parsed(json)->root().logical_type; };
  EXPECT_EQ(logical(R"({"type": "bytes", "logicalType": "decimal", "precision": 9, "scale": 2})"),
            LogicalType::kDecimal);
  EXPECT_EQ(logical(R"({"type": "bytes", "logicalType": "decimal"})"), LogicalType::kNone);
  EXPECT_EQ(logical(R"({"type": "bytes", "logicalType": "decimal", "precision": 2, "scale": 3})"), LogicalType::kNone);
  EXPECT_EQ(logical(R"({"type": "fixed", "name": "u", "size": 15, "logicalType": "uuid"})"), LogicalType::kNone);
  EXPECT_EQ(logical(R"({"type": "fixed", "name": "u", "size": 16, "logicalType": "uuid"})"), LogicalType::kUuid);
  EXPECT_EQ(logical(R"({"type": "long", "logicalType": "date"})"), LogicalType::kNone);
  EXPECT_EQ(logical(R"({"type": "int", "logicalType": "of-the-future"})"), LogicalType::kNone);
  EXPECT_EQ(logical(R"({"type": "array", "items": "int", "logicalType": "map"})"), LogicalType::kMap);
}

TEST(Schema, RefusesWhatIsNotASchema) {
  EXPECT_THAT(ErrorOf("{"), HasSubstr("no valid JSON from byte 2 on"));
  EXPECT_THAT(ErrorOf("\"\xff\""), HasSubstr("no valid JSON from byte 2 on"));
  EXPECT_THAT(ErrorOf("7"), HasSubstr("neither a name"));
  EXPECT_THAT(ErrorOf("{}"), HasSubstr("no \"type\""));
  EXPECT_THAT(ErrorOf("\"nothing\""), HasSubstr("type \"nothing\" is not defined"));
  EXPECT_THAT(ErrorOf("[]"), HasSubstr("no branch"));
  EXPECT_THAT(ErrorOf(R"(["null", ["int"]])"), HasSubstr("directly in a union"));
  EXPECT_THAT(ErrorOf(R"({"type": "record", "fields": []})"), HasSubstr("no name"));
  EXPECT_THAT(ErrorOf(R"({"type": "record", "name": "r"})"), HasSubstr("no fields array"));
  EXPECT_THAT(ErrorOf(R"({"type": "record", "name": "r", "fields": [1]})"), HasSubstr("not an object"));
  EXPECT_THAT(ErrorOf(R"({"type": "record", "name": "r", "fields": [{"name": "a"}]})"), HasSubstr("name or type"));
  EXPECT_THAT(ErrorOf(R"({"type": "record", "name": "r", "fields": [
    {"name": "a", "type": "int"}, {"name": "a", "type": "int"}]})"),
              HasSubstr("two fields \"a\""));
  EXPECT_THAT(ErrorOf(R"({"type": "array"})"), HasSubstr("no \"items\""));
  EXPECT_THAT(ErrorOf(R"({"type": "map"})"), HasSubstr("no \"values\""));
  EXPECT_THAT(ErrorOf(R"({"type": "fixed", "name": "f", "size": -1})"), HasSubstr("no valid size"));
  EXPECT_THAT(ErrorOf(R"({"type": "fixed", "name": "f", "size": 9999999999})"), HasSubstr("no valid size"));
  EXPECT_THAT(ErrorOf(R"({"type": "enum", "name": "e"})"), HasSubstr("no symbols"));
  EXPECT_THAT(ErrorOf(R"({"type": "enum", "name": "e", "symbols": [1]})"), HasSubstr("not a string"));
}

TEST(Schema, RefusesDeepNestingBeforeItRecurses) {
  std::string text;
  for (int i = 0; i < 100000; ++i) text += R"({"type": )";
  EXPECT_THAT(ErrorOf(text), HasSubstr("nested deeper than limits.json_nesting = 256"));
}

}  // namespace
}  // namespace frazil::avro
