#include "iceberg/schema_update.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace frazil::iceberg {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

TypePtr T(std::string_view text) { return *ParsePrimitiveType(text); }
Field Column(std::string name, TypePtr type) { return {.id = 0, .name = std::move(name), .type = std::move(type)}; }

TableMetadata Table() {
  const auto item = Type::Struct({Column("sku", T("string"))});
  const auto made =
      MakeTableMetadata({.location = "/t",
                         .schema = {Column("id", T("long")), Column("point", Type::Struct({Column("x", T("double"))})),
                                    Column("items", Type::List(0, item, false)),
                                    Column("by_name", Type::Map(0, T("string"), 0, item, false))},
                         .spec = {},
                         .sort_order = {},
                         .properties = {}},
                        1000);
  EXPECT_TRUE(made) << made.error().message;
  return *made;
}

std::shared_ptr<const Schema> Grown(const TableMetadata& base, const std::vector<ColumnAddition>& additions) {
  auto updates = AddColumns(base, additions);
  EXPECT_TRUE(updates) << updates.error().message;
  EXPECT_THAT(*updates, SizeIs(2));
  auto table = ApplyUpdates(base, "", *updates, 1001);
  EXPECT_TRUE(table) << table.error().message;
  EXPECT_EQ(table->last_column_id, std::get<AddSchema>((*updates)[0]).last_column_id);
  return table->schema();
}

TEST(AddColumnsTest, AtTheRootAndBelow) {
  const auto base = Table();
  ASSERT_EQ(base.last_column_id, 10);
  const auto schema = Grown(base, {{"", Column("note", T("string"))},
                                   {"point", Column("y", T("double"))},
                                   {"items.element", Column("price", T("decimal(9,2)"))},
                                   {"by_name.value", Column("price", T("float"))}});
  EXPECT_EQ(schema->FindByName("note")->id, 11);
  EXPECT_EQ(schema->FindByName("point.y")->id, 12);
  EXPECT_EQ(schema->FindByName("items.element.price")->id, 13);
  EXPECT_EQ(schema->FindByName("by_name.value.price")->id, 14);
  EXPECT_EQ(schema->fields().back().name, "note");
  // What was there keeps its id.
  for (const char* name : {"id", "point.x", "items.element", "by_name.key", "by_name.value.sku"}) {
    EXPECT_EQ(schema->FindByName(name)->id, base.schema()->FindByName(name)->id) << name;
  }
}

TEST(AddColumnsTest, NestedAdditionsGetIdsBelowThem) {
  const auto schema = Grown(
      Table(), {{"", Column("a", Type::Struct({Column("l", Type::List(0, T("int"), true)), Column("b", T("int"))}))},
                {"a", Column("c", T("int"))}});
  EXPECT_EQ(schema->FindByName("a")->id, 11);
  EXPECT_EQ(schema->FindByName("a.l")->id, 12);
  EXPECT_EQ(schema->FindByName("a.b")->id, 13);
  EXPECT_EQ(schema->FindByName("a.l.element")->id, 14);
  EXPECT_EQ(schema->FindByName("a.c")->id, 15) << "a struct added just now can grow too";
}

TEST(AddColumnsTest, WhatIsThereIsPassedOver) {
  const auto base = Table();
  EXPECT_THAT(*AddColumns(base, {{"", Column("id", T("long"))}, {"point", Column("x", T("double"))}}), IsEmpty());
  EXPECT_THAT(*AddColumns(base, {}), IsEmpty());
  const auto schema =
      Grown(base, {{"", Column("id", T("long"))}, {"", Column("b", T("int"))}, {"", Column("b", T("int"))}});
  EXPECT_EQ(schema->fields().size(), 5U);
}

TEST(AddColumnsTest, Refuses) {
  const auto error = [](const ColumnAddition& addition) {
    auto updates = AddColumns(Table(), {addition});
    EXPECT_FALSE(updates);
    return updates ? std::string() : updates.error().message;
  };
  EXPECT_THAT(error({"", Column("id", T("string"))}),
              HasSubstr("column \"id\" is already there with type long, not string"));
  EXPECT_THAT(error({"point", Column("x", T("int"))}), HasSubstr("\"point.x\" is already there"));
  EXPECT_THAT(error({"nowhere", Column("x", T("int"))}), HasSubstr("no column \"nowhere\""));
  EXPECT_THAT(error({"items", Column("x", T("int"))}), HasSubstr("only a struct can grow"));
  EXPECT_THAT(error({"", Column("t", T("timestamp_ns"))}), HasSubstr("needs format version 3"));
  auto required = Column("must", T("int"));
  required.required = true;
  EXPECT_THAT(error({"", required}), HasSubstr("can not be required"));
}

}  // namespace
}  // namespace frazil::iceberg
