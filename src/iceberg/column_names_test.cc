#include "iceberg/column_names.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "iceberg/plausible.h"
#include "iceberg/table_rules.h"
#include "iceberg/type_text.h"

namespace frazil::iceberg {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

Field Column(std::string name, std::string_view type) {
  return {.name = std::move(name), .type = *ParseTypeText(type)};
}

std::shared_ptr<const Schema> SchemaOf(const std::string& text) {
  int32_t last = 0;
  return std::make_shared<const Schema>(0, AssignFreshIds((*ParseTypeText(text))->fields(), 1, &last));
}

std::string Clash(const std::string& there, const Field& added, const std::string& above = "") {
  ColumnNames names;
  const auto schema = SchemaOf(there);
  for (const auto& field : schema->fields()) EXPECT_FALSE(names.Take("", field)) << there;
  const auto clash = names.TakeNew(above, added);
  if (!clash) return {};
  // Nothing is left of a column that was refused.
  EXPECT_EQ(names.TakeNew(above, added)->column, clash->column);
  return clash->column + ": " + clash->why;
}

TEST(ColumnNamesTest, FullNamesStandOnce) {
  EXPECT_THAT(Clash("struct<`a.b`: int>", Column("a", "struct<c: int, b: int>")),
              HasSubstr("a.b: the table has another"));
  EXPECT_THAT(Clash("struct<a: struct<b: int>>", Column("a.b", "int")), HasSubstr("a.b: "));
  EXPECT_THAT(Clash("struct<x: struct<`a.b`: int>>", Column("a", "struct<b: int>"), "x"), HasSubstr("x.a.b: "));
  EXPECT_THAT(Clash("struct<n: int>", Column("x", "struct<`a.b`: int, a: struct<b: int>>")), HasSubstr("x.a.b: "));
  EXPECT_THAT(Clash("struct<l: list<int>>", Column("l.element", "int")), HasSubstr("l.element: "));
  EXPECT_THAT(Clash("struct<m: map<string, int>>", Column("m.key", "int")), HasSubstr("m.key: "));
  EXPECT_THAT(Clash("struct<m: map<string, struct<v: int>>>", Column("m.value.v", "int")), HasSubstr("m.value.v: "));
  EXPECT_EQ(Clash("struct<`a.b`: int>", Column("a", "struct<c: int>")), "");
  EXPECT_EQ(Clash("struct<l: list<struct<v: int>>>", Column("l.v", "int")), "")
      << "a short name gives way to a full one";
  EXPECT_EQ(Clash("struct<a: int>", Column("A", "int")), "") << "names that differ in case are two";
}

TEST(ColumnNamesTest, NewNamesAreThereAndNotReserved) {
  EXPECT_THAT(Clash("struct<a: int>", Column("", "int")), HasSubstr("must have a name"));
  EXPECT_THAT(Clash("struct<a: int>", Field{.name = "s", .type = Type::Struct({Column("", "int")})}),
              HasSubstr("s.: a column must have a name"));
  EXPECT_THAT(Clash("struct<a: int>", Column("_file", "int")), HasSubstr("reserved"));
  EXPECT_THAT(Clash("struct<a: int>", Column("_row_id", "int")), HasSubstr("reserved"));
  EXPECT_EQ(Clash("struct<s: struct<b: int>>", Column("_file", "int"), "s"), "") << "only at the root";
  ColumnNames names;
  EXPECT_FALSE(names.Take("", Column("_pos", "int"))) << "of a table that has it already";
}

TEST(ColumnNamesTest, PartitionFieldsKeepTheirNames) {
  const auto schema = SchemaOf("struct<town: string, ts: timestamp, gone: int>");
  const auto spec = [](int32_t source, const std::string& name) {
    return std::make_shared<const PartitionSpec>(
        PartitionSpec{0, {{source, 1000, name, {TransformKind::kIdentity, 0, ""}}}});
  };
  // The column "city" was renamed to "town"; the source of "left" is no column any more.
  const std::vector<PartitionSpecPtr> specs = {spec(1, "city"), spec(2, "ts_day"), spec(9, "left"), spec(1, "town")};
  ColumnNames names(specs, *schema);
  for (const auto& field : schema->fields()) EXPECT_FALSE(names.Take("", field)) << field.name;
  EXPECT_THAT(names.TakeNew("", Column("city", "string"))->why, HasSubstr("a partition field"));
  EXPECT_THAT(names.TakeNew("", Column("ts_day", "string"))->why, HasSubstr("a partition field"));
  EXPECT_TRUE(names.TakeNew("", Column("left", "string")));
  EXPECT_FALSE(names.Take("", Column("left", "string"))) << "of a table that has it already";
  EXPECT_FALSE(names.TakeNew("", Column("s", "struct<city: string>")));
  names.Reserve("kind_bucket");
  EXPECT_TRUE(names.TakeNew("", Column("kind_bucket", "int")));
  EXPECT_TRUE(CheckNames(specs, *schema));
  EXPECT_THAT(CheckNames(specs, *SchemaOf("struct<town: string, ts: timestamp, city: int>")).error().message,
              HasSubstr("\"city\""));
}

TEST(ColumnNamesTest, WhatIsGivenBackIsFree) {
  ColumnNames names;
  EXPECT_FALSE(names.TakeNew("", Column("a", "struct<b: list<int>>")));
  EXPECT_TRUE(names.TakeNew("", Column("a.b.element", "int")));
  names.GiveBack("", Column("a", "struct<b: list<int>>"));
  EXPECT_FALSE(names.TakeNew("", Column("a.b.element", "int")));
}

TEST(CaseTwinsTest, AreToldInPairs) {
  EXPECT_THAT(CaseTwins(*SchemaOf("struct<id: int, Id: struct<x: int>, s: struct<`Ä`: int, `ä`: int>, `S.b`: int>")),
              ElementsAre(Pair("id", "Id"), Pair("s.Ä", "s.ä")));
  EXPECT_THAT(CaseTwins(*SchemaOf("struct<a: int, b: struct<a: int>>")), IsEmpty());
}

TEST(CheckLoadableTest, LooksAtOldSchemasAndIds) {
  TableMetadata table;
  table.schemas = {SchemaOf("struct<a: int>"), SchemaOf("struct<a: int>")};
  table.partition_specs = {std::make_shared<const PartitionSpec>()};
  EXPECT_TRUE(CheckLoadable(table));
  const auto broken = SchemaOf("struct<`a.b`: int, a: struct<b: int>>");
  table.schemas.push_back(std::make_shared<const Schema>(7, broken->fields()));
  EXPECT_THAT(CheckLoadable(table).error().message, HasSubstr("schema 7: column \"a.b\": "));
  table.schemas.back() =
      std::make_shared<const Schema>(8, std::vector<Field>{{.id = 1, .name = "a", .type = *ParseTypeText("int")},
                                                           {.id = 1, .name = "b", .type = *ParseTypeText("int")}});
  EXPECT_THAT(CheckLoadable(table).error().message, HasSubstr("same field id"));
  table.schemas.back() = std::make_shared<const Schema>(
      8, std::vector<Field>{
             {.id = static_cast<int32_t>(kLargestFieldId) + 1, .name = "a", .type = *ParseTypeText("int")}});
  EXPECT_TRUE(CheckLoadable(table)) << "others load it";
  EXPECT_THAT(CheckSchema(*table.schemas.back(), 2).error().message, HasSubstr("reserved"));
}

}  // namespace
}  // namespace frazil::iceberg
