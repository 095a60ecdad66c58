#include "table/committer_test_support.h"
#include "table/offset_history.h"

namespace frazil::table {
namespace {

using testing::HasSubstr;

TEST_P(CommitterTest, ErrorsArePendingUntilTheyAreKnownToBeApplied) {
  auto committer = Started(Options());
  ASSERT_TRUE(committer->Commit({}, {Range(0, 10, 15)}, Saying({{"t", Errors("a", 10, 15)}})).has_value());
  auto other = Open(Options());
  ASSERT_TRUE(other->Commit({}, {Range(0, 15, 20)}, Saying({{"t", Errors("b", 17, 20)}})).has_value());
  EXPECT_THAT(PathsOf(other->states().at("t").pending), testing::ElementsAre("a", "b"));
  EXPECT_THAT(PathsOf(Stored()[0].state.pending), testing::ElementsAre("a", "b"));
  ASSERT_TRUE(other->Commit({}, {Range(0, 20, 25)}, Saying({}, 15)).has_value());
  EXPECT_THAT(PathsOf(Stored()[0].state.pending), testing::ElementsAre("b"));
}

// A process that slept has the offsets in hand that another has brought in, and that a rewind has made due again: where
// they join, its bad records are still not new.
TEST_P(CommitterTest, ErrorsThatCameBeforeARewindAreFenced) {
  auto slow = Started(Options());
  auto other = Open(Options());
  ASSERT_TRUE(other->Commit({}, {Range(0, 10, 15)}, Saying({{"t", Errors("a", 12, 13)}})).has_value());
  ASSERT_TRUE(other->MoveTo({{{"t", 0}, 10}}).has_value());
  const auto pending = slow->Commit({}, {Range(0, 10, 16)}, Saying({{"t", Errors("b", 12, 16)}}));
  ASSERT_FALSE(pending.has_value());
  EXPECT_EQ(pending.error().kind, ErrorKind::kFenced);
  ASSERT_TRUE(other->Commit({}, {Range(0, 10, 11)}, Saying({}, 15)).has_value());
  ASSERT_TRUE(other->MoveTo({{{"t", 0}, 10}}).has_value());
  const auto applied = slow->Commit({}, {Range(0, 10, 16)}, Saying({{"t", Errors("b", 12, 16)}}, 15));
  ASSERT_FALSE(applied.has_value());
  EXPECT_THAT(applied.error().message, HasSubstr("went to the errors table before, up to 14"));
  ASSERT_TRUE(slow->Load().has_value());
  ASSERT_TRUE(slow->Commit({}, {Range(0, 10, 16)}, Saying({{"t", Errors("b", 15, 16)}}, 15)).has_value());
  EXPECT_THAT(PathsOf(Stored()[0].state.pending), testing::ElementsAre("b"));
}

// The errors table may be newer than what is known of the table: it has what an earlier try brought in, whose answer
// was missed.
TEST_P(CommitterTest, ErrorsThatLookFencedAreJudgedOnAnotherBase) {
  auto committer = Started(Options());
  ErrorsOfCommit errors = Saying({{"t", Errors("a", 12, 13)}});
  errors.applied = [asked = 0, fresh = errors.applied, newer = Saying({}, 15).applied]() mutable {
    return ++asked == 2 ? newer() : fresh();
  };
  catalog_->faults = {Fault::kLostBefore};
  const auto done = committer->Commit({}, {Range(0, 10, 15)}, errors);
  ASSERT_TRUE(done.has_value()) << done.error().message;
  EXPECT_EQ(done->attempts, 3);
}

TEST_P(CommitterTest, ErrorsOfAFencedCommitAreNotPending) {
  auto committer = Started(Options());
  auto other = Open(Options());
  ASSERT_TRUE(other->Commit({}, {Range(0, 10, 15)}).has_value());
  EXPECT_FALSE(committer->Commit({}, {Range(0, 10, 15)}, Saying({{"t", Errors("a", 10, 15)}})).has_value());
  EXPECT_TRUE(Stored()[0].state.pending.empty());
}

TEST_P(CommitterTest, ErrorsStayPendingWhereTheCatalogDropsWhatSaidSo) {
  catalog_->properties = Manners::kTakes;
  auto committer = Started(Options());
  catalog_->properties = Manners::kDrops;
  ASSERT_TRUE(committer->Commit({File(5)}, {Range(0, 10, 15)}, Saying({{"t", Errors("a", 10, 15)}})).has_value());
  EXPECT_THAT(PathsOf(committer->states().at("t").pending), testing::ElementsAre("a"));
  EXPECT_THAT(PathsOf(Open(Options())->states().at("t").pending), testing::ElementsAre("a"));
}

TEST_P(CommitterTest, AReplayCountsErrorsAsRowsAndLeavesTheirList) {
  auto committer = Started(Options());
  ASSERT_TRUE(committer->Commit({File(7)}, {WithThreeErrors()}).has_value());
  const auto done = committer->CommitReplay({File(2)}, ReplayOf({15, 16}));
  ASSERT_TRUE(done.has_value()) << done.error().message;
  EXPECT_EQ(RowsInTable(), 9);
  const OffsetState state = Open(Options())->states().at("t");
  EXPECT_EQ(state.partitions.at(0).counts, (record::OffsetCounts{9, 1, 0, 0, 0}));
  EXPECT_EQ(state.replays, 1);
  EXPECT_EQ(*Loaded().io->ReadAll(state.unmarked), R"({"t":[[0,15,17,2]]})");
  EXPECT_EQ(state.snapshot_id, done->report.snapshot_id);
  EXPECT_EQ(state.unmarked, done->list);
  ASSERT_TRUE(committer->Commit({File(5)}, {Range(0, 20, 25)}).has_value()) << "the pipeline goes on";
}

TEST_P(CommitterTest, OfTwoReplaysAtOnceOneIsFenced) {
  auto one = Started(Options());
  ASSERT_TRUE(one->Commit({File(7)}, {WithThreeErrors()}).has_value());
  auto two = Open(Options());
  const auto first = one->CommitReplay({File(1)}, ReplayOf({12}));
  ASSERT_TRUE(first.has_value());
  const auto late = two->CommitReplay({File(1)}, ReplayOf({12}));
  ASSERT_FALSE(late.has_value());
  EXPECT_EQ(late.error().kind, ErrorKind::kFenced);
  ASSERT_TRUE(one->ForgetReplay("t", first->list).has_value());
  EXPECT_EQ(Stored()[0].state.unmarked, "");
  ASSERT_TRUE(one->ForgetReplay("t", "another").has_value());
  ASSERT_TRUE(one->MoveTo({{{"t", 0}, 10}}).has_value());
  ASSERT_TRUE(one->Commit({File(7)}, {WithThreeErrors()}).has_value());
  EXPECT_EQ(one->CommitReplay({File(1)}, ReplayOf({15}, 1)).error().kind, ErrorKind::kFenced) << "it was rewound";
  EXPECT_TRUE(one->CommitReplay({File(1)}, ReplayOf({15}, 1, 1)).has_value());
  EXPECT_EQ(RowsInTable(), 7 + 1 + 7 + 1);
}

TEST_P(CommitterTest, AReplayOfWhatIsNoErrorIsRefused) {
  auto committer = Started(Options());
  ASSERT_TRUE(committer->Commit({File(7)}, {WithThreeErrors()}).has_value());
  EXPECT_EQ(committer->CommitReplay({File(1)}, ReplayOf({20})).error().kind, ErrorKind::kInvalidArgument);
  EXPECT_EQ(committer->CommitReplay({File(4)}, ReplayOf({11, 12, 13, 14})).error().kind, ErrorKind::kInvalidArgument);
  EXPECT_EQ(RowsInTable(), 7);
}

TEST_P(CommitterTest, ALostReplyOfAReplayIsNotAFailure) {
  auto committer = Started(Options());
  ASSERT_TRUE(committer->Commit({File(7)}, {WithThreeErrors()}).has_value());
  catalog_->faults = {Fault::kLostAfter};
  ASSERT_TRUE(committer->CommitReplay({File(1)}, ReplayOf({12})).has_value());
  EXPECT_EQ(RowsInTable(), 8);
  EXPECT_EQ(committer->states().at("t").replays, 1);
}

}  // namespace
}  // namespace frazil::table
