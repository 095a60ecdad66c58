#include "app/table_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "app/open_catalog.h"
#include "catalog/memory_catalog.h"
#include "iceberg/table_update.h"
#include "iceberg/type_text.h"
#include "table/offset_history.h"
#include "table/offset_notes.h"
#include "table/offset_state.h"
#include "table/offset_state_json.h"

namespace frazil::app {
namespace {

using Json = nlohmann::ordered_json;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

// A table as a catalog gives it, with two snapshots of which the first was made by a pipeline.
class TableReportTest : public testing::Test {
 protected:
  void SetUp() override {
    catalog::MemoryCatalogOptions options;
    options.warehouse = testing::TempDir() + "/frazil-table-report";
    catalog_ = *OpenCatalog(options);
    ASSERT_TRUE(catalog_->CreateNamespace({"a"}));
    iceberg::NewTable table;
    table.schema = {
        iceberg::Field{.id = 1, .name = "city", .type = *iceberg::ParseTypeText("string"), .required = true},
        iceberg::Field{.id = 2, .name = "at", .type = *iceberg::ParseTypeText("timestamptz"), .doc = "when"},
        iceberg::Field{.id = 3, .name = "tags", .type = *iceberg::ParseTypeText("list<struct<k: string>>")},
    };
    table.spec = {
        iceberg::PartitionField{.source_id = 1, .name = "city", .transform = iceberg::Transform::Parse("identity")},
        iceberg::PartitionField{.source_id = 2, .name = "at_day", .transform = iceberg::Transform::Parse("day")},
    };
    table.properties = {{"owner", "me"}};
    const auto created = catalog_->CreateTable(ident_, table);
    ASSERT_TRUE(created) << created.error().message;
    Snap(1, {{"operation", "append"},
             {"added-records", "1500"},
             {"added-data-files", "2"},
             {"total-records", "1500"},
             {"total-data-files", "2"},
             {"total-files-size", "2048"},
             {std::string(table::kSummaryRanges), table::WriteRanges({Range(0, 0, 1000), Range(1, 5, 505)})}});
    Snap(2, {{"operation", "append"}, {"total-records", "1500"}});
  }

  static record::OffsetRange Range(int32_t partition, int64_t first, int64_t next) {
    record::OffsetRange range;
    range.source = {"weather", partition};
    range.first = first;
    range.next = next;
    range.counts.rows = next - first;
    return range;
  }

  void Snap(int64_t id, std::map<std::string, std::string> summary) {
    const auto base = catalog_->LoadTable(ident_);
    iceberg::Snapshot snapshot;
    snapshot.snapshot_id = id;
    snapshot.parent_snapshot_id = base->metadata->current_snapshot_id;
    snapshot.sequence_number = base->metadata->last_sequence_number + 1;
    snapshot.timestamp_ms = 1767880800000 + id;
    snapshot.manifest_list = "/nowhere/list.avro";
    snapshot.summary = std::move(summary);
    snapshot.schema_id = base->metadata->current_schema_id;
    const auto done = catalog_->Commit(
        ident_, {}, {iceberg::AddSnapshot{snapshot}, iceberg::SetSnapshotRef{"main", {.snapshot_id = id}}}, "");
    ASSERT_TRUE(done) << done.error().message;
  }

  catalog::LoadedTable Load() { return *catalog_->LoadTable(ident_); }

  std::shared_ptr<catalog::Catalog> catalog_;
  const catalog::TableIdent ident_{{"a"}, "t"};
};

TEST_F(TableReportTest, ListsTables) {
  const auto all = TableList(*catalog_, {});
  ASSERT_TRUE(all) << all.error().message;
  EXPECT_EQ(all->dump(), R"([{"namespace":"a","table":"t"}])");
  EXPECT_EQ(TableListText(*all), "NAMESPACE  TABLE\na          t\n");
  EXPECT_EQ(TableList(*catalog_, {"a"})->size(), 1u);
}

TEST_F(TableReportTest, DescribesColumnsWithTheirNestedFields) {
  const Json description = TableDescription(ident_, Load());
  EXPECT_EQ(description["table"], "a.t");
  EXPECT_EQ(description["format_version"], 2);
  std::vector<std::string> names;
  for (const auto& column : description["columns"]) names.push_back(column["name"]);
  EXPECT_THAT(names, testing::ElementsAre("city", "at", "tags", "tags.element", "tags.element.k"));
  EXPECT_THAT(
      TableDescriptionText(description),
      AllOf(HasSubstr("Table           a.t\n"), HasSubstr("Partitioned by  city, day(at)\n"),
            HasSubstr("Sorted by       unsorted\n"), HasSubstr("Branch          main at 2\n"),
            HasSubstr("list<struct<k: string>>"), HasSubstr("required"), HasSubstr("when"), HasSubstr("owner")));
}

TEST_F(TableReportTest, DescribesOffsetsInsteadOfTheirProperty) {
  auto table = Load();
  table::OffsetState state;
  state.pipeline = "p";
  state.topic = "weather";
  state.table_uuid = table.metadata->table_uuid;
  state.snapshot_id = 1;
  state.sequence_number = 1;
  state.partitions[0] = {.start = 0, .next = 1010, .counts = {.rows = 1000, .skipped = 10}};
  state.partitions[1] = {.start = 5, .next = 505, .counts = {.rows = 500}};
  const auto property = table::OffsetsKey(state);
  ASSERT_TRUE(catalog_->Commit(ident_, {}, {iceberg::SetProperties{{{property, table::WriteOffsetState(state)}}}}, ""));
  const Json description = TableDescription(ident_, Load());
  EXPECT_EQ(description["offsets"][0]["next"].dump(), R"({"0":1010,"1":505})");
  EXPECT_THAT(TableDescriptionText(description),
              AllOf(HasSubstr("pipeline p, topic weather: 2 partitions, 1,510 offsets accounted for (1,500 rows, 10 "
                              "skipped)\n"),
                    Not(HasSubstr(std::string(table::kOffsetsKeyPrefix)))));
}

TEST_F(TableReportTest, SnapshotsSayWhatTheyMoved) {
  const Json snapshots = TableSnapshots(*Load().metadata);
  ASSERT_EQ(snapshots.size(), 2u);
  EXPECT_EQ(snapshots[0]["added_records"], 1500);
  EXPECT_TRUE(snapshots[1]["added_records"].is_null());
  EXPECT_EQ(snapshots[0]["offsets_moved"]["weather"][1].dump(), R"({"partition":1,"first":5,"next":505})");
  EXPECT_THAT(TableSnapshotsText(snapshots), AllOf(HasSubstr("2026-01-08T14:00:00.001Z  append"), HasSubstr("1,500"),
                                                   HasSubstr("weather[0] 0..1000, weather[1] 5..505")));
}

TEST_F(TableReportTest, HistoryKnowsAncestors) {
  ASSERT_TRUE(catalog_->Commit(ident_, {}, {iceberg::SetSnapshotRef{"main", {.snapshot_id = 1}}}, ""));
  const Json history = TableHistory(*Load().metadata);
  ASSERT_EQ(history.size(), 3u);
  EXPECT_EQ(history[0]["is_current_ancestor"], true);
  EXPECT_EQ(history[1]["is_current_ancestor"], false);
  EXPECT_EQ(history[2]["snapshot_id"], 1);
  EXPECT_THAT(TableHistoryText(history), HasSubstr("ANCESTOR OF CURRENT"));
}

TEST_F(TableReportTest, FilesNameAManifestListThatIsMissing) {
  const auto files = TableFiles(Load());
  ASSERT_FALSE(files);
  EXPECT_EQ(files.error().kind, ErrorKind::kNotFound);
  EXPECT_THAT(files.error().message, HasSubstr("/nowhere/list.avro"));
}

}  // namespace
}  // namespace frazil::app
