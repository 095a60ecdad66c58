#include "table/committer.h"

#include "table/committer_test_support.h"
#include "table/offset_history.h"
#include "table/offset_notes.h"

namespace frazil::table {
namespace {

using testing::HasSubstr;

TEST_P(CommitterTest, ATopicMayComeWhileItRuns) {
  const auto committer = Started(Options());
  EXPECT_EQ(committer->Establish({{{"late", 0}, 7}}).error().kind, ErrorKind::kInternal) << "nobody has told of it";
  TopicIds topics = committer->options().topic_ids;
  topics.Learn("late", "its-id");
  ASSERT_TRUE(committer->Establish({{{"late", 0}, 7}}).has_value());
  EXPECT_EQ(committer->states().at("late").topic_id, "its-id");
  ASSERT_TRUE(committer->Commit({File(5)}, {{{"late", 0}, 7, 12, 0, {5, 0, 0, 0, 0}}, Range(0, 10, 15)}).has_value());
  const auto restarted = Open(committer->options());
  EXPECT_EQ(restarted->next(), (Positions{{{"late", 0}, 12}, {{"t", 0}, 15}, {{"t", 1}, 0}}));
}

TEST_P(CommitterTest, FilesAndOffsetsArriveTogether) {
  auto committer = Started(Options());
  const int sends = catalog_->sends;
  ASSERT_TRUE(committer->Commit({File(5)}, {Range(0, 10, 15)}).has_value());
  EXPECT_EQ(catalog_->sends, sends + 1) << "a commit is one request";
  EXPECT_EQ(RowsInTable(), 5);
  EXPECT_EQ(committer->next().at({"t", 0}), 15);
  ASSERT_EQ(Stored().size(), 1U);
  EXPECT_EQ(Stored()[0].form, Form());
  EXPECT_EQ(Stored()[0].state.snapshot_id, Loaded().metadata->current_snapshot_id);
  auto again = Open(Options());
  EXPECT_EQ(again->next(), committer->next());
}

TEST_P(CommitterTest, AnEstablishedStartStays) {
  Started(Options());
  auto second = Open(Options());
  ASSERT_TRUE(second->Establish({{{"t", 0}, 99}, {{"t", 2}, 0}}).has_value());
  EXPECT_EQ(second->next().at({"t", 0}), 10);
  EXPECT_EQ(second->next().at({"t", 2}), 0);
}

TEST_P(CommitterTest, GoesByTheStartsThatARivalWasQuickerToRecord) {
  auto one = Open(Options());
  auto two = Open(Options());
  ASSERT_TRUE(one->Establish({{{"t", 0}, 10}, {{"t", 1}, 0}}).has_value());
  ASSERT_TRUE(two->Establish({{{"t", 0}, 12}, {{"t", 1}, 3}}).has_value());
  EXPECT_EQ(two->next(), one->next());
}

TEST_P(CommitterTest, NothingIsCommittedBeforeItsStartIsRecorded) {
  auto committer = Open(Options());
  auto done = committer->Commit({File(5)}, {Range(0, 0, 5)});
  ASSERT_FALSE(done.has_value());
  EXPECT_EQ(done.error().kind, ErrorKind::kFenced);
  EXPECT_EQ(RowsInTable(), 0);
}

TEST_P(CommitterTest, AZombieIsFenced) {
  auto zombie = Started(Options());
  auto owner = Open(Options());
  ASSERT_TRUE(owner->Commit({File(5)}, {Range(0, 10, 15)}).has_value());
  auto late = zombie->Commit({File(5)}, {Range(0, 10, 15)});
  ASSERT_FALSE(late.has_value());
  EXPECT_EQ(late.error().kind, ErrorKind::kFenced);
  EXPECT_EQ(RowsInTable(), 5);
  ASSERT_TRUE(zombie->Load().has_value());
  EXPECT_EQ(zombie->next().at({"t", 0}), 15);
}

TEST_P(CommitterTest, PartitionsOfTwoProcessesDoNotFenceEachOther) {
  auto one = Started(Options());
  auto two = Open(Options());
  ASSERT_TRUE(one->Commit({File(5)}, {Range(0, 10, 15)}).has_value());
  ASSERT_TRUE(two->Commit({File(3)}, {Range(1, 0, 3)}).has_value());
  ASSERT_TRUE(one->Commit({File(5)}, {Range(0, 15, 20)}).has_value());
  EXPECT_EQ(RowsInTable(), 13);
  EXPECT_EQ(one->next().at({"t", 1}), 3);
}

TEST_P(CommitterTest, ALostReplyIsNotAFailure) {
  auto committer = Started(Options());
  catalog_->faults = {Fault::kLostAfter};
  auto done = committer->Commit({File(5)}, {Range(0, 10, 15)});
  ASSERT_TRUE(done.has_value()) << done.error().message;
  EXPECT_EQ(RowsInTable(), 5);
  EXPECT_EQ(committer->next().at({"t", 0}), 15);
}

// The only trace of a try that was taken is its snapshot, which may expire before anybody looks for it.
TEST_P(CommitterTest, ATryThatWasTakenIsNotSentAgainWhereARewindLetsItsOffsetsJoinAgain) {
  auto committer = Started(Options());
  auto other = Open(Options());
  catalog_->after_loss = [&] {
    const int64_t taken = *Loaded().metadata->current_snapshot_id;
    ASSERT_TRUE(other->Load().has_value());
    ASSERT_TRUE(other->MoveTo({{{"t", 0}, 10}}).has_value());
    const int64_t rewound = *Loaded().metadata->current_snapshot_id;  // which names it as its parent
    AppendForeign();
    ASSERT_TRUE(catalog_->Commit(kIdent, {}, {iceberg::RemoveSnapshots{{taken, rewound}}}, "").has_value());
  };
  catalog_->faults = {Fault::kConflictAfter};
  const auto again = committer->Commit({File(5)}, {Range(0, 10, 15)});
  ASSERT_FALSE(again.has_value());
  EXPECT_EQ(again.error().kind, ErrorKind::kFenced) << again.error().message;
  EXPECT_EQ(RowsInTable(), 6);
}

// Sent again it would be an ancestor of itself, and whoever walks the history would walk for ever.
TEST_P(CommitterTest, ATryThatWasTakenAndExpiredIsKnownByWhatCameAfterIt) {
  if (Form() == OffsetForm::kTag) return;  // which keeps its snapshot
  auto committer = Started(Options());
  catalog_->after_loss = [&] {
    const int64_t taken = *Loaded().metadata->current_snapshot_id;
    AppendForeign();
    ASSERT_TRUE(catalog_->Commit(kIdent, {}, {iceberg::RemoveSnapshots{{taken}}}, "").has_value());
  };
  catalog_->faults = {Fault::kLostAfter};
  const int sends = catalog_->sends;
  const auto done = committer->Commit({File(5)}, {Range(0, 10, 15)});
  ASSERT_TRUE(done.has_value()) << done.error().message;
  EXPECT_EQ(catalog_->sends, sends + 3) << "itself, the other's, and the expiry";
  EXPECT_EQ(committer->next().at({"t", 0}), 15);
}

// Where what came after it has expired as well, nobody knows.
TEST_P(CommitterTest, ATryThatMayHaveBeenTakenAndExpiredIsNotSentAgain) {
  CommitterOptions options = Options();
  options.exactly_once = false;
  auto committer = Open(options);
  ASSERT_TRUE(committer->Commit({File(1)}, {}).has_value());
  catalog_->after_loss = [&] {
    const int64_t taken = *Loaded().metadata->current_snapshot_id;
    AppendForeign();
    const int64_t child = *Loaded().metadata->current_snapshot_id;
    AppendForeign();
    ASSERT_TRUE(catalog_->Commit(kIdent, {}, {iceberg::RemoveSnapshots{{taken, child}}}, "").has_value());
  };
  catalog_->faults = {Fault::kLostAfter};
  const auto done = committer->Commit({File(5)}, {});
  ASSERT_FALSE(done.has_value());
  EXPECT_EQ(done.error().kind, ErrorKind::kCommitUnknown) << done.error().message;
  EXPECT_EQ(RowsInTable(), 8);
}

// Nessie shows the head alone, and as if it had no parent.
TEST_P(CommitterTest, WhereTheHeadAloneIsShownTheOffsetsTell) {
  if (Form() == OffsetForm::kTag) return;
  catalog_->shows_head_alone = true;
  auto committer = Started(Options());
  catalog_->after_loss = [&] {
    AppendForeign();
    AppendForeign();
  };
  catalog_->faults = {Fault::kLostBefore, Fault::kLostAfter};
  const auto taken = committer->Commit({File(5)}, {Range(0, 10, 15)});
  ASSERT_FALSE(taken.has_value());
  EXPECT_EQ(taken.error().kind, ErrorKind::kFenced) << taken.error().message;
  ASSERT_TRUE(committer->Load().has_value());
  catalog_->foreign = [&] {
    AppendForeign();
    AppendForeign();
  };
  catalog_->faults = {Fault::kForeignCommitFirst, Fault::kNone, Fault::kNone, Fault::kForeignCommitFirst};
  const auto done = committer->Commit({File(2)}, {Range(0, 15, 17)});
  ASSERT_TRUE(done.has_value()) << done.error().message;
}

TEST_P(CommitterTest, ALostRequestIsSentAgain) {
  auto committer = Started(Options());
  catalog_->faults = {Fault::kLostBefore, Fault::kConflict, Fault::kLostBefore};
  auto done = committer->Commit({File(5)}, {Range(0, 10, 15)});
  ASSERT_TRUE(done.has_value()) << done.error().message;
  EXPECT_EQ(done->attempts, 4);
  EXPECT_EQ(RowsInTable(), 5);
}

TEST_P(CommitterTest, RebasesOnAForeignCommit) {
  auto committer = Started(Options());
  auto other = Open(Options());
  catalog_->foreign = [&] { ASSERT_TRUE(other->Commit({File(3)}, {Range(1, 0, 3)}).has_value()); };
  catalog_->faults = {Fault::kForeignCommitFirst};
  ASSERT_TRUE(committer->Commit({File(5)}, {Range(0, 10, 15)}).has_value());
  EXPECT_EQ(RowsInTable(), 8);
}

TEST_P(CommitterTest, IsFencedWhenTheForeignCommitTookItsOffsets) {
  auto committer = Started(Options());
  auto other = Open(Options());
  catalog_->foreign = [&] { ASSERT_TRUE(other->Commit({File(5)}, {Range(0, 10, 15)}).has_value()); };
  catalog_->faults = {Fault::kForeignCommitFirst};
  auto done = committer->Commit({File(5)}, {Range(0, 10, 15)});
  ASSERT_FALSE(done.has_value());
  EXPECT_EQ(done.error().kind, ErrorKind::kFenced);
  EXPECT_EQ(RowsInTable(), 5);
}

TEST_P(CommitterTest, GivesUpOnAConflictThatDoesNotEnd) {
  auto committer = Started(Options());
  catalog_->faults.assign(1000, Fault::kConflict);
  auto done = committer->Commit({File(5)}, {Range(0, 10, 15)});
  ASSERT_FALSE(done.has_value());
  EXPECT_THAT(done.error().message, HasSubstr("Commit conflict - table was modified concurrently"));
}

TEST_P(CommitterTest, GivesUpWhenAskedTo) {
  auto committer = Started(Options());
  StopFlag stop;
  stop.Set();
  CommitterOptions options = Options();
  options.give_up = &stop;
  auto stopping = Open(options);
  catalog_->faults.assign(1000, Fault::kLostBefore);
  auto done = stopping->Commit({File(5)}, {Range(0, 10, 15)});
  ASSERT_FALSE(done.has_value());
  EXPECT_EQ(done.error().kind, ErrorKind::kCancelled);
}

TEST_P(CommitterTest, AnotherPipelineOnTheSameTopicIsRefused) {
  Started(Options("first"));
  auto second = OpenUnloaded(Options("second"));
  const Status refused = second->Load();
  ASSERT_FALSE(refused.has_value());
  EXPECT_THAT(refused.error().message, HasSubstr("already fed from topic 't' by pipeline 'first'"));
  EXPECT_THAT(refused.error().message, HasSubstr("take_over: first"));

  CommitterOptions independent = Options("second");
  independent.independent = true;
  EXPECT_TRUE(Open(independent)->next().empty());
}

TEST_P(CommitterTest, TakesOverAnotherPipelinesOffsets) {
  auto first = Started(Options("first"));
  ASSERT_TRUE(first->Commit({File(5)}, {Range(0, 10, 15)}).has_value());
  CommitterOptions options = Options("second");
  options.take_over = "first";
  auto second = Open(options);
  EXPECT_EQ(second->next().at({"t", 0}), 15);
  ASSERT_TRUE(second->Commit({File(5)}, {Range(0, 15, 20)}).has_value());
  EXPECT_EQ(RowsInTable(), 10);
  // The first one has nothing to go on from, and is told so.
  const Status refused = first->Load();
  ASSERT_FALSE(refused.has_value());
  EXPECT_THAT(refused.error().message, HasSubstr("pipeline 'second'"));
  // A restart of the second keeps its own state, and needs no word about the first any more.
  EXPECT_EQ(Open(options)->next().at({"t", 0}), 20);
  options.take_over.clear();
  EXPECT_EQ(Open(options)->next().at({"t", 0}), 20);
}

TEST_P(CommitterTest, MovesElsewhereByACommit) {
  auto committer = Started(Options());
  const auto established = Loaded().metadata->current_snapshot_id;
  const auto first = committer->Commit({File(5)}, {Range(0, 10, 15)});
  ASSERT_TRUE(first.has_value()) << first.error().message;
  ASSERT_TRUE(committer->Commit({File(5)}, {Range(0, 15, 20), Range(1, 0, 2)}).has_value());
  // Partition 0 back, partition 1 ahead.
  ASSERT_TRUE(committer->MoveTo({{{"t", 0}, 12}, {{"t", 1}, 7}}).has_value());
  EXPECT_EQ(RowsInTable(), 10);
  EXPECT_EQ(Open(Options())->next(), (Positions{{{"t", 0}, 12}, {{"t", 1}, 7}}));
  EXPECT_EQ(Stored()[0].state.partitions.at(0), (PartitionState{12, 12, 0, {}, 20, 20}));
  EXPECT_EQ(Stored()[0].state.partitions.at(1).counts, (record::OffsetCounts{2, 0, 5, 0, 0}));
  // A process that reads on is fenced, and so is one that moves from where the pipeline stood before.
  EXPECT_EQ(committer->Commit({File(1)}, {Range(0, 20, 21)}).error().kind, ErrorKind::kFenced);
  auto stale = Open(Options());
  ASSERT_TRUE(committer->Commit({File(3)}, {Range(0, 12, 15)}).has_value());
  EXPECT_EQ(stale->MoveTo({{{"t", 0}, 10}}).error().kind, ErrorKind::kFenced);
  EXPECT_EQ(stale->MoveTo({{{"u", 0}, 10}}).error().kind, ErrorKind::kInvalidArgument);
  // Where it stood after earlier commits, over the move.
  const auto process = Open(Options());
  EXPECT_EQ(process->StoodAt(first->snapshot_id).value(), (Positions{{{"t", 0}, 15}, {{"t", 1}, 0}}));
  EXPECT_EQ(process->StoodAt(*established).value(), (Positions{{{"t", 0}, 10}, {{"t", 1}, 0}}));
  EXPECT_THAT(process->StoodAt(17).error().message, HasSubstr("is not in the history of 'main'"));
}

TEST_P(CommitterTest, OffsetsMayBeTakenBackAtOnce) {
  Started(Options("first"));
  CommitterOptions options = Options("second");
  options.take_over = "first";
  ASSERT_TRUE(Open(options)->Commit({File(5)}, {Range(0, 10, 15)}).has_value());
  CommitterOptions third = Options("third");
  third.take_over = "second";
  EXPECT_EQ(Open(third)->next().at({"t", 0}), 15);
  CommitterOptions back = Options("first");
  back.take_over = "second";
  ASSERT_TRUE(Open(back)->Commit({File(5)}, {Range(0, 15, 20)}).has_value());
  EXPECT_EQ(Open(Options("first"))->next().at({"t", 0}), 20);
  // The second one has ended, although it took over from the first once.
  const Status refused = OpenUnloaded(Options("second"))->Load();
  ASSERT_FALSE(refused.has_value());
  EXPECT_THAT(refused.error().message, HasSubstr("pipeline 'first'"));
}

TEST_P(CommitterTest, AnotherClusterOrTopicIsRefused) {
  Started(Options());
  CommitterOptions cluster = Options();
  cluster.cluster_id = "rebuilt";
  EXPECT_THAT(OpenUnloaded(cluster)->Load().error().message, HasSubstr("belong to Kafka cluster 'cluster'"));
  CommitterOptions topic = Options();
  topic.topic_ids = {{"t", "new-id"}};
  EXPECT_THAT(OpenUnloaded(topic)->Load().error().message, HasSubstr("was deleted and created anew"));
}

TEST_P(CommitterTest, GoesOnWhereExpiryTookTheFilesOfABaseThatOthersLeftBehind) {
  Started(Options());
  auto committer = Open(Options());  // which has written none of these files itself
  const auto base = Loaded();
  AppendForeign();
  const std::string list = base.metadata->RefHead("main")->manifest_list;
  ASSERT_TRUE(base.io->Delete(list).has_value());
  auto done = committer->Commit({File(5)}, {Range(0, 10, 15)});
  ASSERT_TRUE(done.has_value()) << done.error().message;
  EXPECT_EQ(RowsInTable(), 6);
  // Where the table itself has lost a file, that is said.
  ASSERT_TRUE(base.io->Delete(Loaded().metadata->RefHead("main")->manifest_list).has_value());
  done = Open(Options())->Commit({File(5)}, {Range(0, 15, 20)});
  ASSERT_FALSE(done.has_value());
  EXPECT_EQ(done.error().kind, ErrorKind::kNotFound);
}

TEST_P(CommitterTest, ARollbackUnderACommitIsAConflictWhateverItIsCalled) {
  auto committer = Started(Options());
  const auto before = Loaded().metadata->current_snapshot_id;
  AppendForeign();
  ASSERT_TRUE(committer->Load().has_value());
  catalog_->conflicts_are_400 = true;
  catalog_->foreign = [&] { SetMain(*before); };
  catalog_->faults = {Fault::kForeignCommitFirst};
  auto done = committer->Commit({File(5)}, {Range(0, 10, 15)});
  ASSERT_TRUE(done.has_value()) << done.error().message;
  EXPECT_EQ(RowsInTable(), 5);
}

TEST_P(CommitterTest, AnAnswerToTheTryBeforeIsNotTakenForARefusal) {
  auto committer = Started(Options());
  // The first try arrives, is refused, and no answer comes; a catalog that remembers keys says so again.
  catalog_->faults = {Fault::kLostBefore, Fault::kRefused};
  auto done = committer->Commit({File(5)}, {Range(0, 10, 15)});
  ASSERT_TRUE(done.has_value()) << done.error().message;
  EXPECT_EQ(done->attempts, 3);
  EXPECT_EQ(Stored()[0].form, Form());
}

TEST_P(CommitterTest, AtLeastOnceTouchesNoProperty) {
  CommitterOptions options = Options();
  options.exactly_once = false;
  auto committer = Open(options);
  ASSERT_TRUE(committer->Commit({File(5)}, {Range(0, 10, 15)}).has_value());
  const auto properties = catalog_->LoadTable(kIdent)->metadata->properties;
  for (const auto& [name, value] : properties) EXPECT_FALSE(name.starts_with("frazil.")) << name;
  EXPECT_EQ(Loaded().metadata->refs.size(), 1U);
}

TEST_P(CommitterTest, ManyMovedRangesGoToAFileOfTheirOwn) {
  auto committer = Open(Options());
  Positions starts;
  std::vector<record::OffsetRange> ranges;
  for (int i = 0; i < 500; ++i) {
    starts[{"t", i}] = 0;
    ranges.push_back(Range(i, 0, 1));
  }
  ASSERT_TRUE(committer->Establish(starts).has_value());
  ASSERT_TRUE(committer->Commit({File(500)}, ranges).has_value());
  auto loaded = catalog_->LoadTable(kIdent);
  const auto& summary = loaded->metadata->RefHead("main")->summary;
  ASSERT_TRUE(summary.contains(std::string(kSummaryRangesFile)));
  auto text = loaded->io->ReadAll(summary.at(std::string(kSummaryRangesFile)));
  ASSERT_TRUE(text.has_value());
  EXPECT_EQ(ParseRanges(*text)->size(), 500U);
  // And so many offsets are too long for a summary.
  for (const auto& [key, value] : summary) EXPECT_LE(value.size(), kMaxSummaryText) << key;
  EXPECT_EQ(Open(Options())->next(), committer->next());
  EXPECT_EQ(committer->next().size(), 500U);
}

TEST_P(CommitterTest, ReadsNothingThatItWroteItself) {
  auto committer = Started(Options());
  for (int64_t i = 0; i < 3; ++i) {
    // Who needed it would fail.
    const auto now = Loaded();
    ASSERT_TRUE(now.io->Delete(now.metadata->RefHead("main")->manifest_list).has_value());
    const auto done = committer->Commit({File(5)}, {Range(0, 10 + 5 * i, 15 + 5 * i)});
    ASSERT_TRUE(done.has_value()) << done.error().message;
  }
  EXPECT_EQ(RowsInTable(), 15);
}

INSTANTIATE_TEST_SUITE_P(Catalog, CommitterTest, kEveryBehaviour, BehaviourName);

}  // namespace
}  // namespace frazil::table
