#include "iceberg/name_mapping.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace frazil::iceberg {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

std::optional<int32_t> Find(const NameMapping& mapping, const std::vector<std::string>& path) {
  return mapping.Find(path);
}

// The example of the spec, "Column Projection", with a list and a map added.
const json kMapping = json::parse(R"([
  {"field-id": 1, "names": ["id", "record_id"]},
  {"field-id": 2, "names": ["data"]},
  {"field-id": 3, "names": ["location"], "fields": [
    {"field-id": 4, "names": ["latitude", "lat"]}, {"field-id": 5, "names": ["longitude", "long"]}]},
  {"field-id": 6, "names": ["tags"], "fields": [{"field-id": 7, "names": ["element"]}]},
  {"field-id": 8, "names": ["a.b"]},
  {"names": ["lost"]}])");

TEST(NameMappingTest, FindsByPath) {
  auto mapping = NameMapping::Parse(kMapping.dump());
  ASSERT_TRUE(mapping) << mapping.error().message;
  EXPECT_EQ(Find(*mapping, {"record_id"}), 1);
  EXPECT_EQ(Find(*mapping, {"location", "lat"}), 4);
  EXPECT_EQ(Find(*mapping, {"tags", "element"}), 7);
  EXPECT_EQ(Find(*mapping, {"a.b"}), 8);
  EXPECT_EQ(Find(*mapping, {"a", "b"}), std::nullopt);
  EXPECT_EQ(Find(*mapping, {"lat"}), std::nullopt);
  EXPECT_EQ(Find(*mapping, {"lost"}), std::nullopt);
  EXPECT_EQ(Find(*mapping, {}), std::nullopt);
  EXPECT_EQ(json::parse(mapping->ToJson()), kMapping);
}

TEST(NameMappingTest, OfASchema) {
  const Schema schema(
      0, {Field{.id = 1,
                .name = "m",
                .type = Type::Map(2, Type::Primitive(TypeKind::kString), 3, Type::Primitive(TypeKind::kInt), true)}});
  const auto mapping = NameMapping::For(schema);
  EXPECT_EQ(Find(mapping, {"m", "value"}), 3);
  EXPECT_EQ(NameMapping::Parse(mapping.ToJson())->fields(), mapping.fields());
}

TEST(NameMappingTest, WrongTextIsCorrupt) {
  for (const char* text : {"", "{}", "[1]", "[{}]", R"([{"names": "a"}])", R"([{"names": ["a"], "fields": {}}])",
                           R"([{"names": ["a"]}, {"names": ["b", "a"]}])", R"([{"field-id": "1", "names": ["a"]}])"}) {
    auto mapping = NameMapping::Parse(text);
    ASSERT_FALSE(mapping) << text;
    EXPECT_EQ(mapping.error().kind, ErrorKind::kCorrupt);
    EXPECT_THAT(mapping.error().message, HasSubstr("name mapping: "));
  }
}

TEST(NameMappingTest, NewColumnsEnterIt) {
  const auto text = Type::Primitive(TypeKind::kString);
  const auto column = [&](int32_t id, const std::string& name, TypePtr type) {
    return Field{.id = id, .name = name, .type = std::move(type)};
  };
  const auto grown = NameMapping::Parse(kMapping.dump())
                         ->WithColumns({{0, column(20, "extra", Type::List(21, text, false))},
                                        {0, column(22, "record_id", text)},  // so far another name of id
                                        {3, column(23, "altitude", text)},
                                        {9, column(24, "below", text)}});  // a parent that is not mapped
  EXPECT_EQ(Find(grown, {"extra", "element"}), 21);
  EXPECT_EQ(Find(grown, {"record_id"}), 22);
  EXPECT_EQ(Find(grown, {"id"}), 1);
  EXPECT_EQ(Find(grown, {"location", "altitude"}), 23);
  EXPECT_EQ(Find(grown, {"location", "lat"}), 4);
  EXPECT_EQ(grown.ToJson().find("below"), std::string::npos);
  EXPECT_TRUE(NameMapping::Parse(grown.ToJson())) << "no name stands twice";
}

}  // namespace
}  // namespace frazil::iceberg
