#include "table/state_reader.h"

#include "table/committer_test_support.h"

namespace frazil::table {
namespace {

using testing::HasSubstr;

class RollbackTest : public CommitterTest {
 protected:
  // Two commits, then main goes back to the first.
  void SetUp() override {
    CommitterTest::SetUp();
    auto committer = Started(Options());
    established_ = *Loaded().metadata->current_snapshot_id;
    auto first = committer->Commit({File(5)}, {Range(0, 10, 15)});
    ASSERT_TRUE(first.has_value());
    auto second = committer->Commit({File(7)}, {Range(0, 15, 20), Range(1, 0, 2)});
    ASSERT_TRUE(second.has_value());
    first_ = first->snapshot_id;
    second_ = second->snapshot_id;
    SetMain(first_);
  }
  CommitterOptions Reingesting(const std::string& pipeline = "p") {
    CommitterOptions options = Options(pipeline);
    options.on_rollback = OnRollback::kReingest;
    return options;
  }

  int64_t established_ = 0;
  int64_t first_ = 0;
  int64_t second_ = 0;
};

TEST_P(RollbackTest, ErrorsOfLostCommitsComeAgainOrStay) {
  SetMain(second_);
  auto committer = Open(Options());
  const auto kept = committer->Commit({}, {Range(0, 20, 25)}, Saying({{"t", Errors("kept", 20, 25)}}));
  ASSERT_TRUE(kept.has_value());
  ASSERT_TRUE(committer->Commit({}, {Range(0, 25, 30)}, Saying({{"t", Errors("lost", 25, 30)}})).has_value());
  SetMain(kept->snapshot_id);
  EXPECT_THAT(PathsOf(Open(Reingesting())->states().at("t").pending), testing::ElementsAre("kept"));
  CommitterOptions on = Options();
  on.on_rollback = OnRollback::kContinue;
  EXPECT_THAT(PathsOf(Open(on)->states().at("t").pending), testing::ElementsAre("kept", "lost"));
}

// A rewind is no reason to think that bad records were lost with what was rolled back.
TEST_P(RollbackTest, ErrorsOfCommitsThatSurviveStayWhereARewindCameAfterThem) {
  SetMain(second_);
  auto committer = Open(Options());
  ASSERT_TRUE(committer->Commit({}, {Range(0, 20, 25)}, Saying({{"t", Errors("kept", 20, 25)}})).has_value());
  ASSERT_TRUE(committer->MoveTo({{{"t", 0}, 10}}).has_value());
  const int64_t rewound = *Loaded().metadata->current_snapshot_id;
  ASSERT_TRUE(committer->MoveTo({{{"t", 0}, 12}}).has_value());
  SetMain(rewound);
  EXPECT_THAT(PathsOf(Open(Reingesting())->states().at("t").pending), testing::ElementsAre("kept"));
}

TEST_P(RollbackTest, StopsByDefault) {
  const Status refused = OpenUnloaded(Options())->Load();
  ASSERT_FALSE(refused.has_value());
  EXPECT_THAT(refused.error().message, HasSubstr("was rolled back or replaced"));
}

TEST_P(RollbackTest, ReadsTheLostRecordsAgainWhenTold) {
  auto committer = Open(Reingesting());
  EXPECT_EQ(committer->next(), (Positions{{{"t", 0}, 15}, {{"t", 1}, 0}}));
  ASSERT_TRUE(committer->Commit({File(7)}, {Range(0, 15, 20), Range(1, 0, 2)}).has_value());
  EXPECT_EQ(RowsInTable(), 12);
  EXPECT_TRUE(OpenUnloaded(Options())->Load().has_value()) << "the rollback is settled";
}

TEST_P(RollbackTest, ReadsNoMoreThanTheLostRecordsAgainWhereHistoryIsExpired) {
  SetMain(second_);
  ASSERT_TRUE(Open(Options())->Commit({File(1)}, {Range(0, 20, 21)}).has_value());
  // What partition 1 has moved last is in the table, and in no snapshot's summary any more.
  AppendForeign();
  const int64_t foreign = *Loaded().metadata->current_snapshot_id;
  ASSERT_TRUE(Open(Options())->Commit({File(1)}, {Range(0, 21, 22)}).has_value());
  SetMain(foreign);
  ASSERT_TRUE(
      catalog_->Commit(kIdent, {}, {iceberg::RemoveSnapshots{{established_, first_, second_}}}, "").has_value());
  EXPECT_EQ(Open(Reingesting())->next(), (Positions{{{"t", 0}, 21}, {{"t", 1}, 2}}));
}

TEST_P(RollbackTest, SaysSoWhereTheLostCommitsCanNoLongerBeTold) {
  SetMain(second_);
  ASSERT_TRUE(Open(Options())->Commit({File(1)}, {Range(0, 20, 21)}).has_value());
  SetMain(first_);
  ASSERT_TRUE(catalog_->Commit(kIdent, {}, {iceberg::RemoveSnapshots{{second_}}}, "").has_value());
  const Status refused = OpenUnloaded(Reingesting())->Load();
  ASSERT_FALSE(refused.has_value());
  EXPECT_THAT(refused.error().message, HasSubstr("can no longer be told"));
}

TEST_P(RollbackTest, KnowsTheFirstStartAfterTheSecondRollback) {
  auto committer = Open(Reingesting());
  ASSERT_TRUE(committer->Commit({File(7)}, {Range(0, 15, 20), Range(1, 0, 2)}).has_value());
  EXPECT_EQ(Stored()[0].state.partitions.at(0), (PartitionState{10, 20, 0, {10, 0, 0, 0, 0}, 0, 20}));
  SetMain(established_);
  EXPECT_EQ(Open(Reingesting())->next(), (Positions{{{"t", 0}, 10}, {{"t", 1}, 0}}));
}

TEST_P(RollbackTest, GoesByTheBranchThatItIsRolledForwardTo) {
  ASSERT_TRUE(Open(Reingesting())->Commit({File(2)}, {Range(0, 15, 17)}).has_value());
  SetMain(second_);
  EXPECT_EQ(Open(Reingesting())->next(), (Positions{{{"t", 0}, 20}, {{"t", 1}, 2}}));
}

TEST_P(RollbackTest, GoesOnFromTheFurtherOfTwoBranches) {
  ASSERT_TRUE(Open(Reingesting())->Commit({File(2)}, {Range(0, 15, 17)}).has_value());
  SetMain(second_);
  CommitterOptions options = Options();
  options.on_rollback = OnRollback::kContinue;
  EXPECT_EQ(Open(options)->next(), (Positions{{{"t", 0}, 20}, {{"t", 1}, 2}}));
}

TEST_P(RollbackTest, ReadsAgainWhatThePipelineHadWrittenThatItTookOver) {
  SetMain(second_);
  CommitterOptions heir = Reingesting("heir");
  heir.take_over = "p";
  ASSERT_TRUE(Open(heir)->Commit({File(1)}, {Range(0, 20, 21)}).has_value());
  ASSERT_TRUE(Open(heir)->Commit({File(1)}, {Range(0, 21, 22)}).has_value());
  SetMain(first_);
  heir.take_over.clear();
  EXPECT_EQ(Open(heir)->next(), (Positions{{{"t", 0}, 15}, {{"t", 1}, 0}}));
}

TEST_P(RollbackTest, GoesOnWithoutThemWhenTold) {
  CommitterOptions options = Options();
  options.on_rollback = OnRollback::kContinue;
  auto committer = Open(options);
  EXPECT_EQ(committer->next().at({"t", 0}), 20);
  ASSERT_TRUE(committer->Commit({File(1)}, {Range(0, 20, 21)}).has_value());
  EXPECT_EQ(RowsInTable(), 6);
}

INSTANTIATE_TEST_SUITE_P(Catalog, RollbackTest, kEveryBehaviour, BehaviourName);

// ---- What a rollback does to bad records that became rows ----

class ReadAgainTest : public CommitterTest {};
INSTANTIATE_TEST_SUITE_P(Catalog, ReadAgainTest, kEveryBehaviour, BehaviourName);

TEST_P(ReadAgainTest, AReplayThatWasLostIsNoMore) {
  auto committer = Started(Options());
  ASSERT_TRUE(committer->Commit({File(7)}, {WithThreeErrors()}).has_value());
  const int64_t before = *Loaded().metadata->current_snapshot_id;
  ASSERT_TRUE(committer->CommitReplay({File(2)}, ReplayOf({15, 16})).has_value());
  SetMain(before);
  CommitterOptions options = Options();
  options.on_rollback = OnRollback::kReingest;
  const OffsetState again = Open(options)->states().at("t");
  EXPECT_EQ(again.partitions.at(0).counts, (record::OffsetCounts{7, 3, 0, 0, 0}));
  EXPECT_EQ(again.replays, 1) << "what was chosen by an older number is fenced";
  EXPECT_EQ(again.unmarked, "");
  EXPECT_EQ(again.partitions.at(0).reread_to, 0) << "its records are not read again";
  options.on_rollback = OnRollback::kContinue;
  EXPECT_EQ(Open(options)->states().at("t").partitions.at(0).counts, (record::OffsetCounts{9, 1, 0, 0, 0}));
}

TEST_P(ReadAgainTest, WhatIsReadAgainIsRemembered) {
  auto committer = Started(Options());
  const int64_t before = *Loaded().metadata->current_snapshot_id;
  ASSERT_TRUE(committer->Commit({File(7)}, {WithThreeErrors()}).has_value());
  SetMain(before);
  CommitterOptions options = Options();
  options.on_rollback = OnRollback::kReingest;
  const OffsetState again = Open(options)->states().at("t");
  EXPECT_EQ(again.partitions.at(0).reread_to, 20);
  EXPECT_EQ(again.partitions.at(1).reread_to, 0);
  EXPECT_EQ(again.rewinds, 1);
}

// ---- What heads alone tell ----

class HeadsTest : public CommitterTest {
 protected:
  void Append(int64_t rows) {  // as another writer
    const auto base = Loaded();
    iceberg::SnapshotWriter append("main", iceberg::AppendFiles({File(rows)}), {});
    const auto attempt = append.Prepare(*base.metadata, *base.io, clock_.NowMillis());
    ASSERT_TRUE(attempt.has_value()) << attempt.error().message;
    ASSERT_TRUE(catalog_->Commit(kIdent, attempt->requirements, attempt->updates, "").has_value());
  }
};
INSTANTIATE_TEST_SUITE_P(Catalog, HeadsTest, testing::Values(Behaviour{Manners::kTakes, true}), BehaviourName);

TEST_P(HeadsTest, AreEnoughForWhoCommitsAlone) {
  auto committer = Started(Options());
  catalog_->whole_loads = 0;
  for (int64_t i = 0; i < 5; ++i) {
    ASSERT_TRUE(committer->Commit({File(5)}, {Range(0, 10 + 5 * i, 15 + 5 * i)}).has_value());
  }
  EXPECT_EQ(Open(Options())->next().at({"t", 0}), 35);
  EXPECT_EQ(catalog_->whole_loads, 0);
}

TEST_P(HeadsTest, AreEnoughWhereOneOtherCommitCameBetween) {
  auto committer = Started(Options());
  Append(3);
  catalog_->whole_loads = 0;
  ASSERT_TRUE(committer->Commit({File(5)}, {Range(0, 10, 15)}).has_value());
  EXPECT_EQ(catalog_->whole_loads, 0);
  EXPECT_EQ(RowsInTable(), 8);
}

TEST_P(HeadsTest, ArePastWhenMoreCameBetween) {
  auto committer = Started(Options());
  for (int i = 0; i < 3; ++i) Append(3);
  catalog_->whole_loads = 0;
  ASSERT_TRUE(committer->Commit({File(5)}, {Range(0, 10, 15)}).has_value());
  EXPECT_EQ(catalog_->whole_loads, 1);
  EXPECT_EQ(RowsInTable(), 14);
  Append(1);
  Append(1);
  catalog_->whole_loads = 0;
  EXPECT_EQ(Open(Options())->next().at({"t", 0}), 15);
  EXPECT_EQ(catalog_->whole_loads, 1);
}

// Ours was applied, its reply was lost, and others committed on top of it before we looked.
TEST_P(HeadsTest, DoNotHideALostCommit) {
  auto committer = Started(Options());
  catalog_->faults = {Fault::kLostAfter};
  catalog_->after_loss = [&] {
    for (int i = 0; i < 3; ++i) Append(3);
  };
  const auto done = committer->Commit({File(5)}, {Range(0, 10, 15)});
  ASSERT_TRUE(done.has_value()) << done.error().message;
  EXPECT_EQ(RowsInTable(), 14);
  EXPECT_EQ(committer->next().at({"t", 0}), 15);
}

// A server that says "conflict" of what it has taken.
TEST_P(HeadsTest, DoNotLetACommitInTwice) {
  auto committer = Started(Options());
  catalog_->faults = {Fault::kConflictAfter};
  catalog_->after_loss = [&] {
    for (int i = 0; i < 3; ++i) Append(3);
  };
  const auto done = committer->Commit({File(5)}, {Range(0, 10, 15)});
  EXPECT_EQ(RowsInTable(), 14);
  if (!done) {
    EXPECT_EQ(done.error().kind, ErrorKind::kFenced) << done.error().message;
    ASSERT_TRUE(committer->Load().has_value());
  }
  EXPECT_EQ(committer->next().at({"t", 0}), 15);
}

}  // namespace
}  // namespace frazil::table
