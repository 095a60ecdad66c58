#include "iceberg/schema_update.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "iceberg/name_mapping.h"
#include "iceberg/type_text.h"

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

int32_t Id(const char* name) { return Table().schema()->FindByName(name)->id; }

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
  const auto schema = Grown(base, {{0, Column("note", T("string"))},
                                   {Id("point"), Column("y", T("double"))},
                                   {Id("items.element"), Column("price", T("decimal(9,2)"))},
                                   {Id("by_name.value"), Column("price", T("float"))}});
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
      Table(), {{0, Column("a", Type::Struct({Column("l", Type::List(0, T("int"), true)), Column("b", T("int"))}))},
                {11, Column("c", T("int"))}});
  EXPECT_EQ(schema->FindByName("a")->id, 11);
  EXPECT_EQ(schema->FindByName("a.l")->id, 12);
  EXPECT_EQ(schema->FindByName("a.b")->id, 13);
  EXPECT_EQ(schema->FindByName("a.l.element")->id, 14);
  EXPECT_EQ(schema->FindByName("a.c")->id, 15) << "a struct added just now can grow too";
}

TEST(AddColumnsTest, WhatIsThereIsPassedOver) {
  const auto base = Table();
  EXPECT_THAT(*AddColumns(base, {{0, Column("id", T("long"))}, {Id("point"), Column("x", T("double"))}}), IsEmpty());
  EXPECT_THAT(*AddColumns(base, {}), IsEmpty());
  const auto schema =
      Grown(base, {{0, Column("id", T("long"))}, {0, Column("b", T("int"))}, {0, Column("b", T("int"))}});
  EXPECT_EQ(schema->fields().size(), 5U);
}

TEST(AddColumnsTest, Refuses) {
  const auto error = [](const ColumnAddition& addition) {
    auto updates = AddColumns(Table(), {addition});
    EXPECT_FALSE(updates);
    return updates ? std::string() : updates.error().message;
  };
  EXPECT_THAT(error({0, Column("id", T("string"))}),
              HasSubstr("column \"id\" is already there with type long, not string"));
  EXPECT_THAT(error({Id("point"), Column("x", T("int"))}), HasSubstr("\"point.x\" is already there"));
  EXPECT_THAT(error({99, Column("x", T("int"))}), HasSubstr("no column with field id 99"));
  EXPECT_THAT(error({Id("items"), Column("x", T("int"))}), HasSubstr("only a struct can grow"));
  EXPECT_THAT(error({0, Column("t", T("timestamp_ns"))}), HasSubstr("needs format version 3"));
  auto required = Column("must", T("int"));
  required.required = true;
  EXPECT_THAT(error({0, required}), HasSubstr("can not be required"));
}

TEST(AddColumnsTest, TheParentIsAFieldAndNoText) {
  auto base =
      *MakeTableMetadata({.location = "/t",
                          .schema = {Column("x", Type::Struct({Column("y", Type::Struct({Column("a", T("int"))}))})),
                                     Column("x.z", Type::Struct({Column("a", T("int"))}))},
                          .spec = {},
                          .sort_order = {},
                          .properties = {}},
                         1000);
  const int32_t dotted = base.schema()->FindAtRoot("x.z")->id;
  const auto schema = Grown(base, {{dotted, Column("b", T("int"))}});
  EXPECT_EQ(schema->FindAtRoot("x.z")->type->fields().size(), 2U);
  EXPECT_EQ(schema->FindAtRoot("x")->type->fields().size(), 1U);
}

TEST(AddColumnsTest, RefusesWhatTheTableAsAWholeCannotHave) {
  const auto error = [](int32_t parent, const std::string& name) {
    const auto updates = AddColumns(Table(), {{parent, Column(name, T("int"))}});
    return updates ? std::string() : updates.error().message;
  };
  EXPECT_THAT(error(0, "point.x"), HasSubstr("\"point.x\": the table has another column of that full name"));
  EXPECT_THAT(error(0, "items.element.sku"), HasSubstr("\"items.element.sku\": "));
  EXPECT_THAT(error(0, "by_name.key"), HasSubstr("\"by_name.key\": "));
  EXPECT_THAT(error(Id("point"), ""), HasSubstr("must have a name"));
  EXPECT_THAT(error(0, "_deleted"), HasSubstr("reserved"));
  EXPECT_EQ(error(0, "point.z"), "");
  const auto both =
      AddColumns(Table(), {{0, Column("a.b", T("int"))}, {0, Column("a", Type::Struct({Column("b", T("int"))}))}});
  EXPECT_THAT(both.error().message, HasSubstr("\"a.b\": "));
}

TEST(AddColumnsTest, NewColumnsEnterTheNameMapping) {
  auto base = Table();
  base.properties[std::string(kNameMappingProperty)] =
      R"([{"field-id":1,"names":["id","key"]},{"field-id":2,"names":["point"]}])";
  auto updates = *AddColumns(base, {{0, Column("key", T("int"))}, {Id("point"), Column("y", T("double"))}});
  ASSERT_THAT(updates, SizeIs(3));
  const auto grown = *ApplyUpdates(base, "", updates, 1001);
  const auto mapping = *NameMapping::Parse(grown.Property(std::string(kNameMappingProperty), ""));
  EXPECT_EQ(mapping.Find(std::vector<std::string>{"key"}), grown.schema()->FindByName("key")->id);
  EXPECT_EQ(mapping.Find(std::vector<std::string>{"point", "y"}), grown.schema()->FindByName("point.y")->id);
  base.properties[std::string(kNameMappingProperty)] = "not JSON";
  EXPECT_THAT(*AddColumns(base, {{0, Column("key", T("int"))}}), SizeIs(2)) << "what cannot be read stays as it is";
}

TEST(ChangeSchemaTest, TypesBecomeWider) {
  const auto base = *MakeTableMetadata(
      {.location = "/t",
       .schema = {Column("i", T("int")), Column("l", Type::List(0, T("float"), false)), Column("d", T("decimal(9,2)"))},
       .spec = {},
       .sort_order = {},
       .properties = {}},
      1000);
  const auto id = [&](const char* name) { return base.schema()->FindByName(name)->id; };
  const auto updates = *ChangeSchema(
      base, {.promotions = {{id("i"), T("long")}, {id("l.element"), T("double")}, {id("d"), T("decimal(12,2)")}}});
  const auto wide = *ApplyUpdates(base, "", updates, 1001);
  EXPECT_EQ(wide.schema()->FindByName("i")->type->kind(), TypeKind::kLong);
  EXPECT_EQ(wide.schema()->FindByName("l.element")->type->kind(), TypeKind::kDouble);
  EXPECT_EQ(wide.schema()->FindByName("d")->type->precision(), 12);
  EXPECT_THAT(*ChangeSchema(wide, {.promotions = {{id("i"), T("long")}, {id("i"), T("int")}}}), IsEmpty())
      << "as wide already";
  EXPECT_THAT(ChangeSchema(base, {.promotions = {{id("i"), T("double")}}}).error().message,
              HasSubstr("can not become double"));
  EXPECT_THAT(ChangeSchema(base, {.promotions = {{id("d"), T("decimal(12,3)")}}}).error().message,
              HasSubstr("can not become"));
}

TEST(ChangeSchemaTest, RenamesKeepTheFieldId) {
  const auto base = Table();
  const SchemaChange change{.renames = {{Id("id"), "number"},
                                        {Id("point"), "place"},
                                        {Id("point.x"), "east"},
                                        {Id("items.element.sku"), "article"},
                                        {Id("by_name.value.sku"), "article"}}};
  const auto renamed = *ApplyUpdates(base, "", *ChangeSchema(base, change), 1001);
  for (const auto& [before, after] :
       std::vector<std::pair<const char*, const char*>>{{"id", "number"},
                                                        {"point", "place"},
                                                        {"point.x", "place.east"},
                                                        {"items.element.sku", "items.element.article"},
                                                        {"by_name.value.sku", "by_name.value.article"}}) {
    ASSERT_NE(renamed.schema()->FindByName(after), nullptr) << after;
    EXPECT_EQ(renamed.schema()->FindByName(after)->id, Id(before));
    EXPECT_EQ(renamed.schema()->FindByName(before), nullptr);
  }
  EXPECT_THAT(*ChangeSchema(renamed, change), IsEmpty()) << "somebody else was quicker";
  // The old name is free again, in the same change too.
  SchemaChange with = change;
  with.additions = {{0, Column("id", T("string"))}};
  EXPECT_EQ((*ApplyUpdates(base, "", *ChangeSchema(base, with), 1001)).schema()->FindByName("id")->id, 11);
}

TEST(ChangeSchemaTest, RenamesToWhatATableCannotHaveAreRefused) {
  const auto base = Table();
  const auto refused = [&](int32_t id, std::string to) {
    const auto updates = ChangeSchema(base, {.renames = {{id, std::move(to)}}});
    return updates ? std::string("accepted") : updates.error().message;
  };
  EXPECT_THAT(refused(Id("id"), "point"), HasSubstr("there is a column of that name"));
  EXPECT_THAT(refused(Id("id"), "point.x"), HasSubstr("another column of that full name"));
  EXPECT_THAT(refused(Id("id"), ""), HasSubstr("is no name"));
  EXPECT_THAT(refused(Id("id"), "_file"), HasSubstr("reserved for a metadata column"));
  EXPECT_THAT(refused(99, "a"), HasSubstr("no column with field id 99"));
  EXPECT_EQ(refused(Id("point.x"), "_file"), "accepted");
}

TEST(ChangeSchemaTest, RenamedColumnsKeepTheNamesThatFilesHaveThemBy) {
  auto base = Table();
  base.properties[std::string(kNameMappingProperty)] = NameMapping::For(*base.schema()).ToJson();
  const auto updates = *ChangeSchema(base, {.additions = {{0, Column("id", T("string"))}},
                                            .renames = {{Id("id"), "number"}, {Id("point.x"), "east"}}});
  ASSERT_THAT(updates, SizeIs(3));
  const auto mapping = *NameMapping::Parse(std::get<SetProperties>(updates[2]).updates.begin()->second);
  const auto find = [&](std::vector<std::string> path) { return mapping.Find(path); };
  EXPECT_EQ(find({"number"}), Id("id"));
  EXPECT_EQ(find({"id"}), 11) << "a new column takes its name";
  EXPECT_EQ(find({"point", "east"}), Id("point.x"));
  EXPECT_EQ(find({"point", "x"}), Id("point.x"));
}

TEST(ChangeSchemaTest, DropsWhatNothingNeeds) {
  auto base = Table();
  const SchemaChange change{.drops = {Id("id"), Id("items")}};
  const auto dropped = *ApplyUpdates(base, "", *ChangeSchema(base, change), 1001);
  EXPECT_EQ(dropped.schema()->FindById(Id("id")), nullptr);
  EXPECT_EQ(dropped.schema()->FindByName("items"), nullptr);
  EXPECT_THAT(*ChangeSchema(dropped, change), IsEmpty()) << "somebody else was quicker";
  const auto why = [&](std::vector<int32_t> drops) {
    const auto updates = ChangeSchema(base, {.drops = std::move(drops)});
    return updates ? std::string("accepted") : updates.error().message;
  };
  EXPECT_THAT(why({Id("point.x")}), HasSubstr("\"point\" would be left without columns"));
  EXPECT_THAT(why({Id("id"), Id("items"), Id("point"), Id("by_name")}), HasSubstr("the table would be left"));

  const auto partitioned = [&](const char* source) {
    auto spec = std::make_shared<PartitionSpec>();
    spec->spec_id = base.default_spec_id;
    spec->fields = {{Id(source), 1000, "part", {TransformKind::kIdentity, 0, ""}}};
    return std::vector<PartitionSpecPtr>{spec};
  };
  base.partition_specs = partitioned("id");
  EXPECT_THAT(why({Id("id")}), HasSubstr("partition field \"part\" is made of it"));
  base.partition_specs = partitioned("point.x");
  EXPECT_THAT(why({Id("point")}), HasSubstr("partition field \"part\" is made of it")) << "what is below goes too";
  base.partition_specs.push_back(std::make_shared<PartitionSpec>(PartitionSpec{7, {}}));
  base.default_spec_id = 7;
  EXPECT_THAT(why({Id("point")}), HasSubstr("files of an earlier partitioning have partition field \"part\""));
  base.sort_orders = {{0, {}}, {1, {{Id("id"), {TransformKind::kIdentity, 0, ""}}}}};
  base.default_sort_order_id = 1;
  EXPECT_THAT(why({Id("id")}), HasSubstr("sorted by it"));
}

TEST(ChangeSchemaTest, RequiredColumnsBecomeOptionalAtAnyDepth) {
  auto fields = Table().schema()->fields();
  for (auto& field : fields) field.required = true;
  fields[2].type = Type::List(fields[2].type->element().id, fields[2].type->element().type, true);
  auto base = Table();
  base.schemas = {std::make_shared<const Schema>(0, fields, std::vector<int32_t>{Id("id")})};
  const SchemaChange change{.relaxed = {Id("point"), Id("items.element")}};
  const auto relaxed = *ApplyUpdates(base, "", *ChangeSchema(base, change), 1001);
  EXPECT_FALSE(relaxed.schema()->FindByName("point")->required);
  EXPECT_FALSE(relaxed.schema()->FindByName("items.element")->required);
  EXPECT_TRUE(relaxed.schema()->FindByName("items")->required);
  EXPECT_THAT(*ChangeSchema(relaxed, change), IsEmpty());
  EXPECT_THAT(ChangeSchema(base, {.relaxed = {Id("id")}}).error().message, HasSubstr("identifies the table's rows"));
}

TEST(CanPromoteTest, DatesAndUnknownFromVersion3On) {
  EXPECT_FALSE(CanPromote(*T("date"), *T("timestamp")));
  EXPECT_TRUE(CanPromote(*T("date"), *T("timestamp"), 3));
  EXPECT_TRUE(CanPromote(*T("date"), *T("timestamp_ns"), 3));
  EXPECT_FALSE(CanPromote(*T("date"), *T("timestamptz"), 3));
  EXPECT_TRUE(CanPromote(*T("unknown"), *T("string"), 3));
  EXPECT_FALSE(CanPromote(*T("unknown"), *T("unknown"), 3));
}

TEST(CanPromoteTest, NotWherePartitionsWouldHaveOtherValues) {
  auto base = *MakeTableMetadata(
      {.location = "/t", .schema = {Column("day", T("date"))}, .spec = {}, .sort_order = {}, .properties = {}}, 1000);
  base.format_version = 3;
  auto spec = std::make_shared<PartitionSpec>();
  const auto promoted = [&](TransformKind kind) {
    spec->fields = {{1, 1000, "part", {kind, kind == TransformKind::kBucket ? 4 : 0, ""}}};
    base.partition_specs = {spec};
    return ChangeSchema(base, {.promotions = {{1, T("timestamp")}}}).has_value();
  };
  EXPECT_FALSE(promoted(TransformKind::kIdentity));
  EXPECT_FALSE(promoted(TransformKind::kBucket));
  EXPECT_TRUE(promoted(TransformKind::kMonth));
}

TEST(ChangeToTest, SaysWhatAColumnLacks) {
  const auto column = [](std::string_view text) {
    int32_t last = 0;
    return AssignFreshIds({Column("c", *ParseTypeText(text))}, 1, &last).front();
  };
  const auto change = [&](std::string_view from, std::string_view to) {
    return ChangeTo(column(from), **ParseTypeText(to));
  };
  EXPECT_TRUE(change("struct<a: int, b: string>", "struct<b: string>")->empty())
      << "what is there beyond that may stay";
  EXPECT_TRUE(change("long", "int")->empty()) << "wide enough";
  const auto nested = change("map<string, list<struct<a: int>>>", "map<string, list<struct<a: long, b: date>>>");
  ASSERT_TRUE(nested);
  EXPECT_THAT(nested->promotions, SizeIs(1));
  EXPECT_THAT(nested->additions, SizeIs(1));
  EXPECT_EQ(nested->additions[0].field.name, "b");
  EXPECT_FALSE(change("long", "double"));
  EXPECT_FALSE(change("long", "struct<a: int>"));
  EXPECT_FALSE(change("struct<a: int>", "list<int>"));
  EXPECT_FALSE(change("map<int, int>", "map<long, int>")) << "keys stay as they are";
  EXPECT_FALSE(change("struct<a: int>", "struct<a: int, b: required int>"));
}

}  // namespace
}  // namespace frazil::iceberg
