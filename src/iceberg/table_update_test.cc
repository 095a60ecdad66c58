#include "iceberg/table_update.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "iceberg/metadata_json.h"

namespace frazil::iceberg {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;
using ::testing::SizeIs;

constexpr int64_t kNow = 1'700'000'000'000;

Field Column(int32_t id, std::string name, std::string_view type, bool required = false) {
  return {.id = id, .name = std::move(name), .type = *ParsePrimitiveType(type), .required = required};
}

TableMetadata Table() {
  NewTable table{
      .location = "s3://b/t/",
      .schema = {Column(10, "id", "long", true), Column(20, "ts", "timestamp"), Column(30, "city", "string")},
      .spec = {{.source_id = 20, .field_id = 7, .name = "ts_day", .transform = Transform::Parse("day")}},
      .sort_order = {.order_id = 9, .fields = {{.source_id = 30, .transform = {}}}},
      .properties = {{"owner", "me"}}};
  auto made = MakeTableMetadata(table, kNow);
  EXPECT_TRUE(made) << made.error().message;
  return *made;
}

Snapshot MakeSnapshot(int64_t id, int64_t sequence_number, std::optional<int64_t> parent, int64_t timestamp_ms) {
  Snapshot snapshot;
  snapshot.snapshot_id = id;
  snapshot.parent_snapshot_id = parent;
  snapshot.sequence_number = sequence_number;
  snapshot.timestamp_ms = timestamp_ms;
  snapshot.manifest_list = "s3://b/t/metadata/list.avro";
  snapshot.summary["operation"] = "append";
  return snapshot;
}

SetSnapshotRef Main(int64_t id) { return {std::string(kMainBranch), SnapshotRef{.snapshot_id = id}}; }

TableMetadata Apply(const TableMetadata& base, const std::vector<TableUpdate>& updates, int64_t now_ms = kNow + 1,
                    const std::string& location = "") {
  auto table = ApplyUpdates(base, location, updates, now_ms);
  EXPECT_TRUE(table) << table.error().message;
  if (!table) return base;
  // Whatever updates make must be metadata that reads back the same.
  auto back = ParseTableMetadata(WriteTableMetadata(*table));
  EXPECT_TRUE(back) << back.error().message;
  EXPECT_EQ(back ? WriteTableMetadata(**back) : "", WriteTableMetadata(*table));
  return *table;
}

Error ErrorOf(const TableMetadata& base, const std::vector<TableUpdate>& updates) {
  auto table = ApplyUpdates(base, "", updates, kNow);
  EXPECT_FALSE(table);
  return table ? Error{} : table.error();
}

// With snapshots 1 and 2 on main.
TableMetadata TableWithHistory() {
  auto table = Apply(Table(), {AddSnapshot{MakeSnapshot(1, 1, {}, kNow + 10)}, Main(1)}, kNow + 11);
  return Apply(table, {AddSnapshot{MakeSnapshot(2, 2, 1, kNow + 20)}, Main(2)}, kNow + 21);
}

std::vector<int64_t> LogIds(const TableMetadata& table) {
  std::vector<int64_t> ids;
  for (const auto& entry : table.snapshot_log) ids.push_back(entry.snapshot_id);
  return ids;
}

TEST(NewTableTest, IdsAreAssignedAnew) {
  const auto table = Table();
  EXPECT_EQ(table.location, "s3://b/t");
  EXPECT_THAT(table.table_uuid, SizeIs(36));
  EXPECT_EQ(table.last_updated_ms, kNow);
  EXPECT_EQ(table.last_column_id, 3);
  EXPECT_EQ(table.schema()->FindByName("ts")->id, 2);
  EXPECT_EQ(table.spec()->fields[0].source_id, 2);
  EXPECT_EQ(table.spec()->fields[0].field_id, 1000);
  EXPECT_EQ(table.last_partition_id, 1000);
  EXPECT_EQ(table.default_sort_order_id, 1);
  EXPECT_EQ(table.sort_orders[0].fields[0].source_id, 3);
  EXPECT_THAT(table.properties, ElementsAre(Pair("owner", "me"), Pair("write.parquet.compression-codec", "zstd")));
  EXPECT_EQ(table.current_snapshot_id, std::nullopt);
  EXPECT_TRUE(ParseTableMetadata(WriteTableMetadata(table)));
}

TEST(NewTableTest, PlainTableHasTheUnpartitionedSpecAndTheUnsortedOrder) {
  const auto table = *MakeTableMetadata(
      {.location = "/t", .schema = {Column(1, "a", "int")}, .spec = {}, .sort_order = {}, .properties = {}}, kNow);
  EXPECT_TRUE(table.spec()->unpartitioned());
  EXPECT_EQ(table.last_partition_id, 999);
  EXPECT_EQ(table.sort_orders, std::vector<SortOrder>{SortOrder{}});
}

TEST(NewTableTest, RefusesWhatBreaksTheRules) {
  const auto error = [](const NewTable& table) {
    auto made = MakeTableMetadata(table, kNow);
    EXPECT_FALSE(made);
    return made ? std::string() : made.error().message;
  };
  const auto with_spec = [](PartitionField field) {
    return NewTable{.location = "/t",
                    .schema = {Column(1, "a", "string"),
                               {.id = 2, .name = "l", .type = Type::List(3, Type::Primitive(TypeKind::kInt), true)}},
                    .spec = {std::move(field)},
                    .sort_order = {},
                    .properties = {}};
  };
  EXPECT_THAT(error(with_spec({.source_id = 9, .name = "p", .transform = {}})), HasSubstr("no column has id 9"));
  EXPECT_THAT(error(with_spec({.source_id = 1, .name = "p", .transform = Transform::Parse("day")})),
              HasSubstr("does not take"));
  EXPECT_THAT(error(with_spec({.source_id = 3, .name = "p", .transform = {}})), HasSubstr("part of a list or map"));
  EXPECT_THAT(error(with_spec({.source_id = 1, .name = "l", .transform = {}})),
              HasSubstr("a partition field of the table has that name"));
  EXPECT_THAT(error(with_spec({.source_id = 1, .name = "a", .transform = Transform::Parse("bucket[4]")})),
              HasSubstr("only the identity"));
  EXPECT_THAT(error(with_spec({.source_id = 1, .name = "p", .transform = Transform::Parse("zorder")})),
              HasSubstr("not known"));
  const auto plain = [](std::vector<Field> schema, std::map<std::string, std::string> properties = {}) {
    return NewTable{.location = "/t",
                    .schema = std::move(schema),
                    .spec = {},
                    .sort_order = {},
                    .properties = std::move(properties)};
  };
  EXPECT_THAT(error(plain({Column(1, "a", "int"), Column(2, "a", "int")})),
              HasSubstr("\"a\": the table has another column"));
  EXPECT_THAT(error(plain({Column(1, "a", "timestamp_ns")})), HasSubstr("needs format version 3"));
  EXPECT_THAT(error(plain({Column(1, "a", "int")}, {{"format-version", "2"}})), HasSubstr("no table property"));
  auto v1 = plain({Column(1, "a", "int")});
  v1.format_version = 1;
  EXPECT_THAT(error(v1), HasSubstr("format version 1"));
}

TEST(ApplyUpdatesTest, AppendOnMain) {
  const auto table = TableWithHistory();
  EXPECT_EQ(table.current_snapshot_id, 2);
  EXPECT_EQ(table.refs.at("main").snapshot_id, 2);
  EXPECT_EQ(table.last_sequence_number, 2);
  EXPECT_EQ(table.last_updated_ms, kNow + 21);
  EXPECT_THAT(LogIds(table), ElementsAre(1, 2));
  EXPECT_EQ(table.snapshot_log[1].timestamp_ms, kNow + 20);
}

TEST(ApplyUpdatesTest, OtherBranchesLeaveTheLogAlone) {
  const auto table =
      Apply(TableWithHistory(), {AddSnapshot{MakeSnapshot(3, 3, 2, kNow + 30)},
                                 SetSnapshotRef{"audit", {.snapshot_id = 3, .min_snapshots_to_keep = 5}}});
  EXPECT_EQ(table.current_snapshot_id, 2);
  EXPECT_THAT(LogIds(table), ElementsAre(1, 2));
  EXPECT_EQ(table.refs.at("audit").min_snapshots_to_keep, 5);
}

TEST(ApplyUpdatesTest, TimeNeverGoesBack) {
  const auto base = TableWithHistory();
  EXPECT_EQ(Apply(base, {SetProperties{{{"a", "b"}}}}, 5).last_updated_ms, base.last_updated_ms);
  EXPECT_EQ(Apply(base, {AddSnapshot{MakeSnapshot(3, 3, 2, kNow + 500)}, Main(3)}, kNow).last_updated_ms, kNow + 500);
}

TEST(ApplyUpdatesTest, RollBackIsLoggedAtTheTimeOfTheChange) {
  const auto table = Apply(TableWithHistory(), {Main(1)}, kNow + 99);
  EXPECT_EQ(table.current_snapshot_id, 1);
  EXPECT_THAT(LogIds(table), ElementsAre(1, 2, 1));
  EXPECT_EQ(table.snapshot_log[2].timestamp_ms, kNow + 99);
}

TEST(ApplyUpdatesTest, SnapshotsInBetweenAreNotInTheLog) {
  const auto table = Apply(TableWithHistory(), {AddSnapshot{MakeSnapshot(3, 3, 2, kNow + 30)}, Main(3),
                                                AddSnapshot{MakeSnapshot(4, 4, 3, kNow + 31)}, Main(4)});
  EXPECT_THAT(LogIds(table), ElementsAre(1, 2, 4));
  EXPECT_THAT(table.snapshots, SizeIs(4));
}

TEST(ApplyUpdatesTest, AColumnThatIsGoneUnderItsSpecHindersNoOtherChange) {
  auto base = *MakeTableMetadata({.location = "/t",
                                  .schema = {Column(1, "id", "long"), Column(2, "city", "string")},
                                  .spec = {{.source_id = 2, .field_id = 0, .name = "city", .transform = {}}},
                                  .sort_order = {},
                                  .properties = {}},
                                 kNow);
  const auto without = std::make_shared<const Schema>(1, std::vector<Field>{Column(1, "id", "long")});
  const auto dropped = ApplyUpdates(base, "", {AddSchema{without, 2}, SetCurrentSchema{kLastAdded}}, kNow);
  ASSERT_FALSE(dropped.has_value()) << "nobody drops it here";
  EXPECT_THAT(dropped.error().message, HasSubstr("no column has id 2"));
  // As another engine left it.
  base.schemas.push_back(without);
  base.current_schema_id = 1;
  EXPECT_TRUE(ApplyUpdates(base, "", {SetProperties{{{"a", "b"}}}}, kNow).has_value());
  const auto more =
      std::make_shared<const Schema>(2, std::vector<Field>{Column(1, "id", "long"), Column(3, "size", "long")});
  EXPECT_TRUE(ApplyUpdates(base, "", {AddSchema{more, 3}, SetCurrentSchema{kLastAdded}}, kNow).has_value());
}

TEST(ApplyUpdatesTest, WrongSnapshotsAreRefused) {
  const auto base = TableWithHistory();
  EXPECT_EQ(ErrorOf(base, {AddSnapshot{MakeSnapshot(2, 3, 2, kNow)}}).kind, ErrorKind::kInvalidArgument);
  const auto late = ErrorOf(base, {AddSnapshot{MakeSnapshot(3, 2, 1, kNow)}});
  EXPECT_EQ(late.kind, ErrorKind::kCommitConflict);
  EXPECT_THAT(late.message, HasSubstr("Commit conflict - table was modified concurrently"));
  EXPECT_THAT(ErrorOf(base, {Main(9)}).message, HasSubstr("snapshot 9"));
  EXPECT_THAT(ErrorOf(base, {SetSnapshotRef{"main", {.snapshot_id = 1, .is_branch = false}}}).message,
              HasSubstr("branch"));
  auto v1 = base;
  v1.format_version = 1;
  EXPECT_EQ(ErrorOf(v1, {AddSnapshot{MakeSnapshot(3, 3, 2, kNow)}}).kind, ErrorKind::kUnsupported);
}

TEST(ApplyUpdatesTest, RemovedSnapshotsTakeTheirRefsStatisticsAndOlderHistoryAlong) {
  auto base = TableWithHistory();
  base = Apply(base, {AddSnapshot{MakeSnapshot(3, 3, 2, kNow + 30)}, Main(3),
                      SetSnapshotRef{"old", {.snapshot_id = 2, .is_branch = false}}});
  base.carried["statistics"] = R"([{"snapshot-id":2,"statistics-path":"a"},{"snapshot-id":3,"statistics-path":"b"}])";
  const auto table = Apply(base, {RemoveSnapshots{{2}}});
  EXPECT_THAT(table.snapshots, SizeIs(2));
  EXPECT_FALSE(table.refs.contains("old"));
  EXPECT_THAT(LogIds(table), ElementsAre(3)) << "1 would seem current while 2 was";
  EXPECT_EQ(table.carried.at("statistics"), R"([{"snapshot-id":3,"statistics-path":"b"}])");
  const auto empty = Apply(base, {RemoveSnapshots{{3}}});
  EXPECT_EQ(empty.current_snapshot_id, std::nullopt);
  EXPECT_FALSE(empty.refs.contains("main"));
}

TEST(ApplyUpdatesTest, RemovedRefs) {
  auto table = Apply(TableWithHistory(), {SetSnapshotRef{"t", {.snapshot_id = 1, .is_branch = false}}});
  table = Apply(table, {RemoveSnapshotRef{"t"}, RemoveSnapshotRef{"never"}});
  EXPECT_THAT(table.refs, SizeIs(1));
  table = Apply(table, {RemoveSnapshotRef{"main"}});
  EXPECT_EQ(table.current_snapshot_id, std::nullopt);
}

TEST(ApplyUpdatesTest, SchemasAreAddedOnceAndMadeCurrent) {
  const auto base = Table();
  auto fields = base.schema()->fields();
  fields.push_back(Column(4, "more", "double"));
  const auto grown = std::make_shared<const Schema>(77, fields);
  auto table = Apply(base, {AddSchema{grown, 4}, SetCurrentSchema{kLastAdded}});
  EXPECT_EQ(table.current_schema_id, 1);
  EXPECT_EQ(table.last_column_id, 4);
  EXPECT_THAT(table.schemas, SizeIs(2));

  table = Apply(table, {SetCurrentSchema{0}});
  EXPECT_EQ(table.current_schema_id, 0);
  table = Apply(table, {AddSchema{grown, 4}, SetCurrentSchema{kLastAdded}});
  EXPECT_EQ(table.current_schema_id, 1) << "an equal schema is taken again";
  EXPECT_THAT(table.schemas, SizeIs(2));

  fields.back().doc = "now with words";
  table = Apply(table, {AddSchema{std::make_shared<const Schema>(0, fields), 4}, SetCurrentSchema{kLastAdded}});
  EXPECT_EQ(table.current_schema_id, 2);
  EXPECT_EQ(table.schema()->FindByName("more")->doc, "now with words");

  EXPECT_THAT(ErrorOf(base, {SetCurrentSchema{kLastAdded}}).message, HasSubstr("no schema was added"));
  EXPECT_THAT(ErrorOf(base, {SetCurrentSchema{5}}).message, HasSubstr("no schema 5"));
}

TEST(ApplyUpdatesTest, ACurrentSchemaMustKeepTheSourcesOfTheDefaultSpec) {
  const auto base = Table();
  const auto without_ts =
      std::make_shared<const Schema>(0, std::vector<Field>{Column(1, "id", "long", true), Column(3, "city", "string")});
  EXPECT_THAT(ErrorOf(base, {AddSchema{without_ts, 3}, SetCurrentSchema{kLastAdded}}).message,
              HasSubstr("partition field \"ts_day\": no column has id 2"));
}

TEST(ApplyUpdatesTest, AColumnMayNotTakeThePartitionFieldsName) {
  const auto base = Table();
  auto fields = base.schema()->fields();
  fields.push_back(Column(4, "ts_day", "date"));
  EXPECT_THAT(
      ErrorOf(base, {AddSchema{std::make_shared<const Schema>(0, fields), 4}, SetCurrentSchema{kLastAdded}}).message,
      HasSubstr("column \"ts_day\": a partition field of the table has that name"));
}

TEST(ApplyUpdatesTest, SpecsAndOrders) {
  const auto base = Table();
  const auto spec = [](std::vector<PartitionField> fields) {
    return std::make_shared<const PartitionSpec>(PartitionSpec{.spec_id = 55, .fields = std::move(fields)});
  };
  const PartitionField day{.source_id = 2, .field_id = 0, .name = "ts_day", .transform = Transform::Parse("day")};
  const PartitionField bucket{
      .source_id = 3, .field_id = 0, .name = "city_bucket", .transform = Transform::Parse("bucket[8]")};
  auto table = Apply(base, {AddPartitionSpec{spec({day, bucket})}, SetDefaultSpec{kLastAdded}});
  EXPECT_EQ(table.default_spec_id, 1);
  EXPECT_EQ(table.spec()->fields[0].field_id, 1000) << "the same source and transform keep their id";
  EXPECT_EQ(table.spec()->fields[1].field_id, 1001);
  EXPECT_EQ(table.last_partition_id, 1001);
  table = Apply(table, {AddPartitionSpec{spec({day})}, SetDefaultSpec{kLastAdded}});
  EXPECT_EQ(table.default_spec_id, 0);
  EXPECT_THAT(table.partition_specs, SizeIs(2));
  EXPECT_THAT(ErrorOf(base, {SetDefaultSpec{4}}).message, HasSubstr("no partition spec 4"));
  EXPECT_THAT(ErrorOf(base, {SetDefaultSpec{kLastAdded}}).message, HasSubstr("no partition spec was added"));

  const SortOrder by_id{.order_id = 5, .fields = {{.source_id = 1, .transform = {}, .ascending = false}}};
  table = Apply(base, {AddSortOrder{by_id}, SetDefaultSortOrder{kLastAdded}});
  EXPECT_EQ(table.default_sort_order_id, 2);
  table = Apply(table, {AddSortOrder{SortOrder{}}, SetDefaultSortOrder{kLastAdded}});
  EXPECT_EQ(table.default_sort_order_id, 0);
  table = Apply(table, {AddSortOrder{by_id}, SetDefaultSortOrder{kLastAdded}});
  EXPECT_EQ(table.default_sort_order_id, 2);
  EXPECT_THAT(table.sort_orders, SizeIs(3));
  EXPECT_THAT(ErrorOf(base, {SetDefaultSortOrder{4}}).message, HasSubstr("no sort order 4"));
}

TEST(ApplyUpdatesTest, PropertiesLocationUuid) {
  const auto table = Apply(Table(), {SetProperties{{{"a", "1"}, {"owner", "you"}}}, RemoveProperties{{"a", "never"}},
                                     SetLocation{"s3://c/t"}, AssignUuid{"00000000-0000-4000-8000-000000000000"}});
  EXPECT_EQ(table.Property("owner", ""), "you");
  EXPECT_FALSE(table.properties.contains("a"));
  EXPECT_EQ(table.location, "s3://c/t");
  EXPECT_EQ(table.table_uuid, "00000000-0000-4000-8000-000000000000");
}

TEST(ApplyUpdatesTest, FormatVersionsOnlyGrow) {
  auto v1 = Table();
  v1.format_version = 1;
  v1.table_uuid.clear();
  const auto v2 = Apply(v1, {UpgradeFormatVersion{2}});
  EXPECT_EQ(v2.format_version, 2);
  EXPECT_THAT(v2.table_uuid, SizeIs(36));
  const auto v3 = Apply(v2, {UpgradeFormatVersion{3}});
  EXPECT_EQ(v3.next_row_id, 0);
  EXPECT_EQ(ErrorOf(v3, {UpgradeFormatVersion{2}}).kind, ErrorKind::kInvalidArgument);
  EXPECT_EQ(ErrorOf(v3, {UpgradeFormatVersion{4}}).kind, ErrorKind::kUnsupported);

  auto snapshot = MakeSnapshot(1, 1, {}, kNow);
  EXPECT_THAT(ErrorOf(v3, {AddSnapshot{snapshot}}).message, HasSubstr("first-row-id"));
  snapshot.first_row_id = 0;
  snapshot.added_rows = 10;
  const auto grown = Apply(v3, {AddSnapshot{snapshot}});
  EXPECT_EQ(grown.next_row_id, 10);
  snapshot.snapshot_id = 2;
  snapshot.sequence_number = 2;
  EXPECT_EQ(ErrorOf(grown, {AddSnapshot{snapshot}}).kind, ErrorKind::kCommitConflict);
}

TEST(ApplyUpdatesTest, MetadataLogIsCapped) {
  auto table = Table();
  table.properties["write.metadata.previous-versions-max"] = "3";
  for (int i = 0; i < 5; ++i)
    table = Apply(table, {SetProperties{{{"n", std::to_string(i)}}}}, kNow + i, "v" + std::to_string(i));
  ASSERT_THAT(table.metadata_log, SizeIs(3));
  EXPECT_EQ(table.metadata_log[0].metadata_file, "v2");
  EXPECT_EQ(table.metadata_log[2].metadata_file, "v4");
  EXPECT_EQ(table.metadata_log[2].timestamp_ms, kNow + 3) << "when that file was current last";
}

TEST(RequirementsTest, AreDerivedFromTheBase) {
  auto base = TableWithHistory();
  const auto types = [&](const std::vector<TableUpdate>& updates) {
    json out = json::array();
    for (const auto& requirement : RequirementsFor(base, updates)) out.push_back(ToJson(requirement));
    return out;
  };
  const json uuid = {{"type", "assert-table-uuid"}, {"uuid", base.table_uuid}};
  EXPECT_EQ(types({SetProperties{}}), json::array({uuid}));
  EXPECT_EQ(
      types({AddSnapshot{MakeSnapshot(3, 3, 2, kNow)}, Main(3), Main(3), SetSnapshotRef{"new", {.snapshot_id = 3}}}),
      json::array({uuid,
                   {{"type", "assert-ref-snapshot-id"}, {"ref", "main"}, {"snapshot-id", 2}},
                   {{"type", "assert-ref-snapshot-id"}, {"ref", "new"}, {"snapshot-id", nullptr}}}));
  EXPECT_EQ(types({AddSchema{base.schema(), 3}, SetCurrentSchema{-1}, AddPartitionSpec{base.spec()}, SetDefaultSpec{-1},
                   AddSortOrder{}, SetDefaultSortOrder{-1}, SetDefaultSortOrder{0}}),
            json::array({uuid,
                         {{"type", "assert-last-assigned-field-id"}, {"last-assigned-field-id", 3}},
                         {{"type", "assert-current-schema-id"}, {"current-schema-id", 0}},
                         {{"type", "assert-last-assigned-partition-id"}, {"last-assigned-partition-id", 1000}},
                         {{"type", "assert-default-spec-id"}, {"default-spec-id", 0}},
                         {{"type", "assert-default-sort-order-id"}, {"default-sort-order-id", 1}}}));
}

TEST(RequirementsTest, AreChecked) {
  const auto base = TableWithHistory();
  const auto conflict = [&](const TableMetadata* table, TableRequirement requirement) {
    auto status = CheckRequirements(table, {std::move(requirement)});
    if (status) return std::string();
    EXPECT_EQ(status.error().kind, ErrorKind::kCommitConflict);
    return status.error().message;
  };
  EXPECT_EQ(conflict(nullptr, AssertCreate{}), "");
  EXPECT_THAT(conflict(&base, AssertCreate{}), HasSubstr("already exists"));
  EXPECT_THAT(conflict(nullptr, AssertTableUuid{base.table_uuid}), HasSubstr("does not exist"));
  EXPECT_EQ(conflict(&base, AssertTableUuid{base.table_uuid}), "");
  EXPECT_THAT(conflict(&base, AssertTableUuid{"x"}), HasSubstr("expected x"));
  EXPECT_EQ(conflict(&base, AssertRefSnapshotId{"main", 2}), "");
  EXPECT_THAT(
      conflict(&base, AssertRefSnapshotId{"main", 1}),
      HasSubstr("Commit conflict - table was modified concurrently: branch or tag main is at snapshot 2, expected 1"));
  EXPECT_THAT(conflict(&base, AssertRefSnapshotId{"main", {}}), HasSubstr("main was made"));
  EXPECT_EQ(conflict(&base, AssertRefSnapshotId{"new", {}}), "");
  EXPECT_THAT(conflict(&base, AssertRefSnapshotId{"new", 1}), HasSubstr("new is gone"));
  EXPECT_EQ(conflict(&base, AssertLastAssignedFieldId{3}), "");
  EXPECT_THAT(conflict(&base, AssertLastAssignedFieldId{2}), HasSubstr("is 3, expected 2"));
  EXPECT_EQ(conflict(&base, AssertCurrentSchemaId{0}), "");
  EXPECT_THAT(conflict(&base, AssertCurrentSchemaId{1}), HasSubstr("schema id"));
  EXPECT_EQ(conflict(&base, AssertLastAssignedPartitionId{1000}), "");
  EXPECT_THAT(conflict(&base, AssertLastAssignedPartitionId{1}), HasSubstr("partition field id"));
  EXPECT_EQ(conflict(&base, AssertDefaultSpecId{0}), "");
  EXPECT_THAT(conflict(&base, AssertDefaultSpecId{1}), HasSubstr("spec id"));
  EXPECT_EQ(conflict(&base, AssertDefaultSortOrderId{1}), "");
  EXPECT_THAT(conflict(&base, AssertDefaultSortOrderId{0}), HasSubstr("sort order id"));
}

TEST(UpdateJsonTest, ActionsAreNamedAsTheProtocolNamesThem) {
  const auto base = Table();
  const std::pair<TableUpdate, const char*> cases[] = {
      {AssignUuid{"u"}, R"({"action":"assign-uuid","uuid":"u"})"},
      {UpgradeFormatVersion{2}, R"({"action":"upgrade-format-version","format-version":2})"},
      {SetCurrentSchema{-1}, R"({"action":"set-current-schema","schema-id":-1})"},
      {SetDefaultSpec{-1}, R"({"action":"set-default-spec","spec-id":-1})"},
      {AddSortOrder{}, R"({"action":"add-sort-order","sort-order":{"order-id":0,"fields":[]}})"},
      {SetDefaultSortOrder{-1}, R"({"action":"set-default-sort-order","sort-order-id":-1})"},
      {SetSnapshotRef{"main", {.snapshot_id = 9055729175895721600}},
       R"({"action":"set-snapshot-ref","ref-name":"main","type":"branch","snapshot-id":9055729175895721600})"},
      {RemoveSnapshotRef{"t"}, R"({"action":"remove-snapshot-ref","ref-name":"t"})"},
      {RemoveSnapshots{{1, 2}}, R"({"action":"remove-snapshots","snapshot-ids":[1,2]})"},
      {SetLocation{"l"}, R"({"action":"set-location","location":"l"})"},
      {SetProperties{{{"a", "b"}}}, R"({"action":"set-properties","updates":{"a":"b"}})"},
      {RemoveProperties{{"a"}}, R"({"action":"remove-properties","removals":["a"]})"},
  };
  for (const auto& [update, text] : cases) EXPECT_EQ(ToJson(update), json::parse(text));
  EXPECT_EQ(ToJson(TableUpdate(AddSchema{base.schema(), 3}))["last-column-id"], 3);
  EXPECT_EQ(ToJson(TableUpdate(AddPartitionSpec{base.spec()}))["spec"]["fields"][0]["name"], "ts_day");
  EXPECT_EQ(ToJson(TableUpdate(AddSnapshot{MakeSnapshot(1, 1, {}, 5)}))["snapshot"]["snapshot-id"], 1);
}

}  // namespace
}  // namespace frazil::iceberg
