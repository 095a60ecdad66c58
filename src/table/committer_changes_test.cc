#include "table/committer_test_support.h"

namespace frazil::table {
namespace {

using testing::HasSubstr;

const iceberg::Field kOther{2, "other", iceberg::Type::Primitive(iceberg::TypeKind::kString), false, "", {}, {}};

TEST_P(CommitterTest, WhatAnotherEngineChangesHasRecordsDecidedUponAgain) {
  using Fields = std::vector<iceberg::Field>;
  ChangeSchema([](Fields& fields) { fields.push_back(kOther); });
  const auto committer = Started(Options());
  const std::vector<std::pair<std::string, std::function<void(Fields&)>>> changes = {
      {"column 'other' was dropped", [](Fields& fields) { fields.pop_back(); }},
      {"required column 'other' came",
       [](Fields& fields) {
         fields.push_back(kOther);
         fields.back().id = 3;
         fields.back().required = true;
       }},
      {"column 'other' is optional now", [](Fields& fields) { fields.back().required = false; }},
      {"column 'other' was renamed 'another'", [](Fields& fields) { fields.back().name = "another"; }},
      {"column 'another' is required now", [](Fields& fields) { fields.back().required = true; }}};
  int64_t next = 10;
  for (const auto& [what, change] : changes) {
    for (const bool at_once : {true, false}) {
      SCOPED_TRACE(what + (at_once ? "" : ", between its load and its request"));
      const auto before = Loaded();
      auto decided = Decided(/*refused=*/true);
      if (at_once) {
        ChangeSchema(change);
      } else {
        catalog_->faults = {Fault::kForeignCommitFirst};
        catalog_->foreign = [this, &change = change] { ChangeSchema(change); };
      }
      const auto late = committer->Commit({File(5)}, {Range(0, next, next + 5)}, {}, decided);
      ASSERT_FALSE(late.has_value());
      EXPECT_EQ(late.error().kind, ErrorKind::kFenced);
      EXPECT_NE(late.error().message.find(what), std::string::npos) << late.error().message;
      if (at_once) {
        ChangeSchema([&](Fields& fields) { fields = before.metadata->schema()->fields(); });
        continue;
      }
      EXPECT_TRUE(committer->Commit({File(5)}, {Range(0, next, next + 5)}, {}, Decided(true)).has_value());
      next += 5;
    }
  }
}

TEST_P(CommitterTest, RowsOutliveColumnsThatCome) {
  const auto committer = Started(Options());
  const auto rows = Decided();
  const auto verdicts = Decided(/*refused=*/true);
  ASSERT_TRUE(committer->table()->AddColumns({{0, {.id = 0, .name = "own", .type = kOther.type}}}));
  EXPECT_TRUE(committer->Commit({File(5)}, {Range(0, 10, 15)}, {}, verdicts).has_value()) << "their own decide nothing";
  catalog_->faults = {Fault::kForeignCommitFirst};
  catalog_->foreign = [&] {
    ChangeSchema([](std::vector<iceberg::Field>& fields) {
      fields.push_back(kOther);
      fields.back().id = 3;
    });
  };
  const auto done = committer->Commit({File(5)}, {Range(0, 15, 20)}, {}, rows);
  ASSERT_TRUE(done.has_value()) << done.error().message;
  EXPECT_EQ(done->conflicts, 1) << "what was looked at is what the catalog has when it takes it";
  EXPECT_EQ(committer->Commit({File(5)}, {Range(0, 20, 25)}, {}, verdicts).error().kind, ErrorKind::kFenced)
      << "a record that was bad may be a row now";
}

TEST_P(CommitterTest, AnotherPartitionSpecHasRowsDividedAgain) {
  const auto committer = Started(Options());
  const auto decided = Decided();
  Table other(catalog_, kIdent, Loaded());
  ASSERT_TRUE(other.SetDefaultSpec({{1, 0, "id", {iceberg::TransformKind::kIdentity, 0, ""}}}).has_value());
  EXPECT_EQ(committer->Commit({File(5)}, {Range(0, 10, 15)}, {}, decided).error().kind, ErrorKind::kFenced);
}

// As a branch of Nessie does that is reset: the id of a column that is gone is given to another.
TEST_P(CommitterTest, ATableMayGoBack) {
  const auto committer = Started(Options());
  const auto before = Loaded();
  ChangeSchema([](std::vector<iceberg::Field>& fields) { fields.push_back(kOther); });
  ASSERT_TRUE(committer->Load().has_value());
  const auto decided = Decided();
  catalog_->shows = before;
  ASSERT_TRUE(committer->Load().has_value());
  EXPECT_EQ(committer->table()->current().metadata->last_column_id, 1);
  auto reset = *before.metadata;
  iceberg::Field reused = kOther;
  reused.type = iceberg::Type::Primitive(iceberg::TypeKind::kLong);
  auto fields = reset.schema()->fields();
  fields.push_back(reused);
  const int32_t id = decided[0].schema->schema_id();
  reset.schemas.push_back(std::make_shared<const iceberg::Schema>(id, std::move(fields)));
  reset.current_schema_id = id;
  catalog_->shows->metadata = std::make_shared<const iceberg::TableMetadata>(std::move(reset));
  const Status stands = committer->table()->CheckStands(decided[0], *catalog_->shows->metadata);
  EXPECT_EQ(stands.error().kind, ErrorKind::kFenced) << "the same ids, of other columns";
}

TEST_P(CommitterTest, FilesAreReplacedWhileNoneOfThemIsGone) {
  CommitterOptions options = Options();
  options.exactly_once = false;
  auto committer = Open(options);
  const iceberg::DataFile a = File(5);
  const iceberg::DataFile b = File(3);
  ASSERT_TRUE(committer->Commit({a, b}, {}).has_value());
  AppendForeign();
  const iceberg::DataFile c = File(5);
  ASSERT_TRUE(committer->Change(iceberg::OverwriteFiles({iceberg::KeyOf(a)}, {c}), {{"k", "v"}}).has_value());
  EXPECT_EQ(RowsInTable(), 9);
  const iceberg::Snapshot head = *Loaded().metadata->RefHead("main");
  EXPECT_EQ(head.operation(), "overwrite");
  EXPECT_EQ(head.summary.at("deleted-data-files"), "1");
  const auto late = committer->Change(iceberg::OverwriteFiles({iceberg::KeyOf(a)}, {File(5)}), {});
  ASSERT_FALSE(late.has_value());
  EXPECT_EQ(late.error().kind, ErrorKind::kFenced);
  EXPECT_THAT(late.error().message, HasSubstr(a.file_path));
  ASSERT_TRUE(committer->Change(iceberg::OverwriteFiles({KeyOf(b), KeyOf(c)}, {}), {}).has_value());
  EXPECT_EQ(RowsInTable(), 1);
}

TEST_P(CommitterTest, ALoadTakesThePlaceOfWhatWasThereTogetherWithItsOffsets) {
  auto committer = Started(Options());
  const auto as_of = [&] { return Loaded().metadata->last_sequence_number; };
  ASSERT_TRUE(committer->Commit({File(5)}, {Range(0, 10, 15)}).has_value());
  AppendForeign();
  const auto done = committer->Overwrite({File(7)}, as_of(), {Range(0, 15, 22)});
  ASSERT_TRUE(done.has_value()) << done.error().message;
  EXPECT_EQ(done->replaced, 6);
  EXPECT_EQ(RowsInTable(), 7);
  EXPECT_EQ(committer->next().at({"t", 0}), 22);
  // A reply that is lost is looked up.
  catalog_->faults = {Fault::kLostAfter};
  const int64_t began = as_of();
  const auto unknown = committer->Overwrite({File(3)}, began, {Range(0, 22, 25)});
  ASSERT_TRUE(unknown.has_value()) << unknown.error().message;
  EXPECT_EQ(RowsInTable(), 3);
  // What the last load brought is its own to replace, also where the next one began before it was in.
  ASSERT_TRUE(committer->Overwrite({File(4)}, began, {Range(0, 25, 29)}).has_value());
  EXPECT_EQ(RowsInTable(), 4);
  EXPECT_EQ(committer->next().at({"t", 0}), 29);
  EXPECT_EQ(committer->Overwrite({File(4)}, as_of(), {Range(0, 25, 29)}).error().kind, ErrorKind::kFenced);
  EXPECT_EQ(RowsInTable(), 4);
}

TEST_P(CommitterTest, ALoadDoesNotReplaceWhatARivalBringsMeanwhile) {
  auto committer = Started(Options());
  ASSERT_TRUE(committer->Commit({File(5)}, {Range(0, 10, 15)}).has_value());
  const int64_t began = Loaded().metadata->last_sequence_number;
  catalog_->foreign = [&] { AppendForeign(); };
  for (const bool at_once : {true, false}) {
    if (at_once) {
      AppendForeign();
    } else {
      catalog_->faults = {Fault::kForeignCommitFirst};
    }
    const auto refused =
        committer->Overwrite({File(7)}, at_once ? began : Loaded().metadata->last_sequence_number, {Range(0, 15, 22)});
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().kind, ErrorKind::kInvalidArgument);
    EXPECT_THAT(refused.error().message, HasSubstr("another writer has added"));
    EXPECT_EQ(committer->next().at({"t", 0}), 15);
  }
  EXPECT_EQ(RowsInTable(), 7);
}

}  // namespace
}  // namespace frazil::table
