#include "table/offset_store.h"

#include "table/committer_test_support.h"
#include "table/offset_state_json.h"

namespace frazil::table {
namespace {

using testing::HasSubstr;

// Catalogs that do not take the property, or take it no more.
class FallbackTest : public CommitterTest {
 protected:
  static const iceberg::SnapshotRef* Tag(const iceberg::TableMetadata& metadata) {
    const auto found = metadata.refs.find("frazil-p/t/main");
    return found == metadata.refs.end() ? nullptr : &found->second;
  }
};
INSTANTIATE_TEST_SUITE_P(Catalog, FallbackTest,
                         testing::Values(Behaviour{Manners::kDrops}, Behaviour{Manners::kRefuses},
                                         Behaviour{Manners::kDrops, true}),
                         BehaviourName);

TEST_P(FallbackTest, TheStateLivesInTheSnapshotAndATagThatNothingExpires) {
  auto committer = Started(Options());
  ASSERT_TRUE(committer->Commit({File(5)}, {Range(0, 10, 15)}).has_value());
  const auto metadata = Loaded().metadata;
  for (const auto& [name, value] : metadata->properties) EXPECT_FALSE(name.starts_with("frazil.")) << name;
  const iceberg::SnapshotRef* tag = Tag(*metadata);
  ASSERT_NE(tag, nullptr);
  EXPECT_FALSE(tag->is_branch);
  EXPECT_EQ(tag->snapshot_id, metadata->current_snapshot_id);
  EXPECT_EQ(tag->max_ref_age_ms, INT64_MAX);
  const auto state = ParseOffsetState(metadata->RefHead("main")->summary.at("frazil.offsets/p/t/main"));
  ASSERT_TRUE(state.has_value()) << state.error().message;
  EXPECT_EQ(state->partitions.at(0).next, 15);
  EXPECT_EQ(*state, Stored()[0].state);
}

TEST_P(FallbackTest, IsDecidedOnceAndRemembered) {
  auto committer = Started(Options());
  // The establishing commit with the property, then without it; a dropped property leaves its snapshot behind.
  EXPECT_EQ(catalog_->sends, 2);
  EXPECT_EQ(Loaded().metadata->snapshots.size(), GetParam().manners == Manners::kDrops ? 2U : 1U);
  auto restarted = Open(Options());
  const int sends = catalog_->sends;
  ASSERT_TRUE(restarted->Commit({File(5)}, {Range(0, 10, 15)}).has_value());
  EXPECT_EQ(catalog_->sends, sends + 1);
}

TEST_P(FallbackTest, OutlivesTheExpiryOfEverySnapshotThatNoReferenceKeeps) {
  auto committer = Started(Options());
  ASSERT_TRUE(committer->Commit({File(5)}, {Range(0, 10, 15)}).has_value());
  // Another engine appends and expires what it may.
  for (int i = 0; i < 3; ++i) AppendForeign();
  const auto metadata = Loaded().metadata;
  std::vector<int64_t> expired;
  for (const auto& snapshot : metadata->snapshots) {
    const bool kept = std::any_of(metadata->refs.begin(), metadata->refs.end(),
                                  [&](const auto& ref) { return ref.second.snapshot_id == snapshot.snapshot_id; });
    if (!kept) expired.push_back(snapshot.snapshot_id);
  }
  EXPECT_GE(expired.size(), 3U);
  ASSERT_TRUE(catalog_->Commit(kIdent, {}, {iceberg::RemoveSnapshots{expired}}, "").has_value());

  auto restarted = Open(Options());
  EXPECT_EQ(restarted->next().at({"t", 0}), 15);
  ASSERT_TRUE(restarted->Commit({File(5)}, {Range(0, 15, 20)}).has_value());
  EXPECT_EQ(RowsInTable(), 13);
}

TEST_P(FallbackTest, ALostReplyOfTheFirstCommitChangesNothing) {
  auto committer = Open(Options());
  catalog_->faults = {Fault::kLostAfter, Fault::kLostAfter};
  const Status done = committer->Establish({{{"t", 0}, 10}});
  ASSERT_TRUE(done.has_value()) << done.error().message;
  EXPECT_EQ(Stored()[0].form, OffsetForm::kTag);
  EXPECT_EQ(Open(Options())->next().at({"t", 0}), 10);
}

TEST_P(FallbackTest, IsRefusedByNameWhereTagsFailToo) {
  for (const Manners tags : {Manners::kDrops, Manners::kRefuses}) {
    catalog_->tags = tags;
    const Status done = Open(Options())->Establish({{{"t", 0}, 10}});
    ASSERT_FALSE(done.has_value());
    EXPECT_EQ(done.error().kind, ErrorKind::kUnsupported);
    EXPECT_THAT(
        done.error().message,
        testing::AllOf(HasSubstr("table property 'frazil.offsets/p/t/main'"), HasSubstr("tag 'frazil-p/t/main'"),
                       HasSubstr("exactly-once is not possible there"), HasSubstr("at_least_once")));
    EXPECT_EQ(done.error().message.find("no tags here") != std::string::npos, tags == Manners::kRefuses);
  }
}

TEST_P(FallbackTest, ARefusalThatHasNothingToDoWithTheFormIsToldAsItIs) {
  catalog_->properties = Manners::kTakes;
  auto committer = Started(Options());
  catalog_->takes_rows = false;
  const auto done = committer->Commit({File(5)}, {Range(0, 10, 15)});
  ASSERT_FALSE(done.has_value());
  EXPECT_EQ(done.error().message, "no rows here");
  EXPECT_EQ(Stored()[0].form, OffsetForm::kProperty);
}

TEST_P(FallbackTest, ABranchOfTheTagsNameIsNamed) {
  const auto base = Loaded();
  iceberg::SnapshotWriter foreign("frazil-p/t/main", iceberg::NoFiles(), {});
  auto attempt = foreign.Prepare(*base.metadata, *base.io, clock_.NowMillis());
  ASSERT_TRUE(catalog_->Commit(kIdent, attempt->requirements, attempt->updates, "").has_value());
  EXPECT_THAT(Open(Options())->Establish({{{"t", 0}, 10}}).error().message,
              HasSubstr("has a branch 'frazil-p/t/main'"));
}

// What a catalog took for long it may take no more: a policy came, or the value has become too long for it.
TEST_P(FallbackTest, MayComeLate) {
  catalog_->properties = Manners::kTakes;
  auto committer = Started(Options());
  ASSERT_TRUE(committer->Commit({File(5)}, {Range(0, 10, 15)}).has_value());
  catalog_->properties = GetParam().manners;
  auto done = committer->Commit({File(7)}, {Range(0, 15, 22)});
  ASSERT_TRUE(done.has_value()) << done.error().message;
  EXPECT_EQ(RowsInTable(), 12);
  ASSERT_EQ(Stored().size(), 1U);
  EXPECT_EQ(Stored()[0].form, OffsetForm::kTag) << "the property is still there, and older";
  EXPECT_TRUE(Loaded().metadata->properties.contains("frazil.offsets/p/t/main"));
  auto restarted = Open(Options());
  EXPECT_EQ(restarted->next().at({"t", 0}), 22);
  ASSERT_TRUE(restarted->Commit({File(1)}, {Range(0, 22, 23)}).has_value());
  EXPECT_EQ(RowsInTable(), 13);
}

// Nothing tells of it any more, not even the offsets; expiry has deleted its files.
TEST_P(FallbackTest, ACommitWhoseOffsetsWereDroppedIsNotSentAgainWhereItWasRolledBackAndExpired) {
  catalog_->properties = Manners::kTakes;
  auto committer = Started(Options());
  catalog_->properties = Manners::kDrops;
  const int64_t before = *Loaded().metadata->current_snapshot_id;
  catalog_->after_loss = [&] {
    const int64_t taken = *Loaded().metadata->current_snapshot_id;
    SetMain(before);
    ASSERT_TRUE(catalog_->Commit(kIdent, {}, {iceberg::RemoveSnapshots{{taken}}}, "").has_value());
  };
  catalog_->faults = {Fault::kLostAfter};
  const auto done = committer->Commit({File(5)}, {Range(0, 10, 15)});
  ASSERT_FALSE(done.has_value());
  EXPECT_EQ(done.error().kind, ErrorKind::kCommitUnknown) << done.error().message;
}

// The rows are in, the property was dropped, and the process ended before it could say so in another way.
TEST_P(FallbackTest, OffsetsThatWereDroppedAreToldByTheSnapshot) {
  catalog_->properties = Manners::kTakes;
  auto committer = Started(Options());
  catalog_->properties = Manners::kDrops;
  catalog_->tags = Manners::kRefuses;
  ASSERT_FALSE(committer->Commit({File(5)}, {Range(0, 10, 15), Range(1, 0, 2)}).has_value());
  EXPECT_EQ(RowsInTable(), 5);
  EXPECT_EQ(Stored()[0].state.partitions.at(0).next, 10) << "what is recorded is behind";
  catalog_->tags = Manners::kTakes;
  auto restarted = Open(Options());
  EXPECT_EQ(restarted->next(), (Positions{{{"t", 0}, 15}, {{"t", 1}, 2}}));
  ASSERT_TRUE(restarted->Commit({File(1)}, {Range(0, 15, 16)}).has_value());
  EXPECT_EQ(Stored()[0].state.partitions.at(0).counts.rows, 6);
}

// Bad records too, few or many.
TEST_P(FallbackTest, ErrorsThatWereDroppedAreToldByTheSnapshot) {
  catalog_->properties = Manners::kTakes;
  auto committer = Started(Options());
  catalog_->properties = Manners::kDrops;
  catalog_->tags = Manners::kRefuses;
  for (const std::string& path : {std::string("few"), std::string(2 * kMaxSummaryText, 'x')}) {
    const int64_t next = Open(Options())->next().at({"t", 0});
    auto process = Open(Options());
    ASSERT_FALSE(process->Commit({}, {Range(0, next, next + 5)}, Saying({{"t", Errors(path, next, next + 5)}})));
    EXPECT_EQ(PathsOf(Open(Options())->states().at("t").pending).back(), path);
  }
  EXPECT_EQ(Open(Options())->states().at("t").pending.size(), 2U);
}

TEST_P(FallbackTest, ATagThatDoesNotMoveIsNamedAndMisleadsNobody) {
  auto committer = Started(Options());
  catalog_->tags = Manners::kDrops;
  const auto done = committer->Commit({File(5)}, {Range(0, 10, 15)});
  ASSERT_FALSE(done.has_value());
  EXPECT_THAT(done.error().message, HasSubstr("took the commit but not the tag 'frazil-p/t/main'"));
  EXPECT_EQ(RowsInTable(), 5);
  EXPECT_EQ(Open(Options())->next().at({"t", 0}), 15);
}

// The same, as another pipeline takes over.
TEST_P(FallbackTest, OffsetsThatWereDroppedInATakeoverAreToldByTheSnapshot) {
  catalog_->properties = Manners::kTakes;
  ASSERT_TRUE(Started(Options())->Commit({File(5)}, {Range(0, 10, 15)}).has_value());
  CommitterOptions heir = Options("heir");
  heir.take_over = "p";
  auto process = Open(heir);
  catalog_->properties = Manners::kDrops;
  catalog_->tags = Manners::kRefuses;
  ASSERT_FALSE(process->Commit({File(5)}, {Range(0, 15, 20)}).has_value());
  catalog_->tags = Manners::kTakes;
  EXPECT_EQ(Open(heir)->next(), (Positions{{{"t", 0}, 20}, {{"t", 1}, 0}}));
}

// And after a rollback that was to be left as it is.
TEST_P(FallbackTest, OffsetsThatWereDroppedAfterARollbackAreToldByTheSnapshot) {
  catalog_->properties = Manners::kTakes;
  auto committer = Started(Options());
  const auto before = Loaded().metadata->current_snapshot_id;
  ASSERT_TRUE(committer->Commit({File(5)}, {Range(0, 10, 15)}).has_value());
  SetMain(*before);
  CommitterOptions options = Options();
  options.on_rollback = OnRollback::kContinue;
  auto going_on = Open(options);
  catalog_->properties = Manners::kDrops;
  ASSERT_TRUE(going_on->Commit({File(1)}, {Range(0, 15, 16)}).has_value());
  EXPECT_EQ(Stored()[0].state.partitions.at(0).next, 16);
  EXPECT_EQ(Open(options)->next().at({"t", 0}), 16);
}

// What is refused for the form of its offsets is not in, though the offsets stand beyond it.
TEST_P(FallbackTest, ErrorsOfARefusedCommitAreNotPendingWhereARivalWasQuicker) {
  catalog_->properties = Manners::kTakes;
  auto committer = Started(Options());
  auto rival = Open(Options());
  catalog_->properties = Manners::kRefuses;
  catalog_->foreign = [&] {
    ASSERT_TRUE(rival->Commit({}, {Range(0, 10, 15)}, Saying({{"t", Errors("theirs", 10, 15)}})).has_value());
  };
  catalog_->faults = {Fault::kForeignCommitFirst};
  const auto ours = committer->Commit({}, {Range(0, 10, 15)}, Saying({{"t", Errors("ours", 10, 15)}}));
  ASSERT_FALSE(ours.has_value());
  EXPECT_EQ(ours.error().kind, ErrorKind::kFenced) << ours.error().message;
  EXPECT_THAT(PathsOf(Open(Options())->states().at("t").pending), testing::ElementsAre("theirs"));
}

// One partition had been moved ahead in what was rolled back, the other back, so that the branch has come farther
// there.
TEST_P(FallbackTest, OffsetsThatWereDroppedAfterTheRollbackOfARewindAreToldByTheSnapshot) {
  catalog_->properties = Manners::kTakes;
  auto committer = Started(Options());
  const auto before = committer->Commit({File(2)}, {Range(1, 0, 2)});
  ASSERT_TRUE(before.has_value());
  ASSERT_TRUE(committer->MoveTo({{{"t", 0}, 25}, {{"t", 1}, 0}}).has_value());
  SetMain(before->snapshot_id);
  CommitterOptions options = Options();
  options.on_rollback = OnRollback::kContinue;
  auto going_on = Open(options);
  EXPECT_EQ(going_on->next(), (Positions{{{"t", 0}, 25}, {{"t", 1}, 2}}));
  catalog_->properties = Manners::kDrops;
  catalog_->tags = Manners::kRefuses;
  EXPECT_FALSE(going_on->Commit({File(1)}, {Range(0, 25, 26)}).has_value());
  EXPECT_EQ(Open(options)->next(), (Positions{{{"t", 0}, 26}, {{"t", 1}, 2}}));
}

// A rival has moved the offsets to the tag while this process was told that the property is refused.
TEST_P(FallbackTest, IsNotTakenForARefusalOfTheFilesWhereARivalWasQuickerToFallBack) {
  catalog_->properties = Manners::kTakes;
  auto committer = Started(Options());
  auto rival = Open(Options());
  catalog_->properties = Manners::kRefuses;
  catalog_->foreign = [&] { ASSERT_TRUE(rival->Commit({File(2)}, {Range(1, 0, 2)}).has_value()); };
  catalog_->faults = {Fault::kNone, Fault::kForeignCommitFirst};
  auto done = committer->Commit({File(5)}, {Range(0, 10, 15)});
  ASSERT_TRUE(done.has_value()) << done.error().message;
  EXPECT_EQ(RowsInTable(), 7);
}

TEST_P(FallbackTest, EachTopicAndPipelineHasATagOfItsOwn) {
  CommitterOptions options = Options();
  options.topic_ids = {{"t", "topic-id"}, {"u/ü", "other-id"}};
  auto both = Open(options);
  ASSERT_TRUE(both->Establish({{{"t", 0}, 10}, {{"u/ü", 0}, 1}}).has_value());
  EXPECT_TRUE(Loaded().metadata->refs.contains("frazil-p/u%2F%C3%BC/main"));
  // A process that reads only one of the topics leaves the other's state alone.
  ASSERT_TRUE(Open(Options())->Commit({File(5)}, {Range(0, 10, 15)}).has_value());
  EXPECT_EQ(Open(options)->next(), (Positions{{{"t", 0}, 15}, {{"u/ü", 0}, 1}}));
  // Taking over that topic takes its tag away, and no other; once that of the heir is seen to stand.
  CommitterOptions heir = Options("heir");
  heir.take_over = "p";
  ASSERT_TRUE(Open(heir)->Commit({File(5)}, {Range(0, 15, 20)}).has_value());
  EXPECT_NE(Tag(*Loaded().metadata), nullptr);
  ASSERT_TRUE(Open(heir)->Commit({File(5)}, {Range(0, 20, 25)}).has_value());
  EXPECT_EQ(Tag(*Loaded().metadata), nullptr);
  EXPECT_TRUE(Loaded().metadata->refs.contains("frazil-p/u%2F%C3%BC/main"));
  EXPECT_TRUE(Loaded().metadata->refs.contains("frazil-heir/t/main"));
}

TEST_P(FallbackTest, TwoProcessesThatStartTogetherAgreeOnOneStart) {
  auto one = Open(Options());
  auto two = Open(Options());
  catalog_->foreign = [&] { ASSERT_TRUE(two->Establish({{{"t", 0}, 12}}).has_value()); };
  catalog_->faults = {Fault::kNone, Fault::kForeignCommitFirst};
  ASSERT_TRUE(one->Establish({{{"t", 0}, 10}, {{"t", 1}, 0}}).has_value());
  EXPECT_EQ(one->next(), (Positions{{{"t", 0}, 12}, {{"t", 1}, 0}}));
  EXPECT_EQ(Open(Options())->next(), one->next());
}

// The same where it was a replay.
TEST_P(FallbackTest, AReplayWhoseOffsetsWereDroppedIsToldByTheSnapshot) {
  catalog_->properties = Manners::kTakes;
  auto committer = Started(Options());
  ASSERT_TRUE(committer->Commit({File(7)}, {WithThreeErrors()}).has_value());
  catalog_->properties = Manners::kDrops;
  catalog_->tags = Manners::kDrops;
  ASSERT_FALSE(committer->CommitReplay({File(1)}, ReplayOf({12})).has_value()) << "neither form was kept";
  const OffsetState told = Open(Options())->states().at("t");
  EXPECT_EQ(told.partitions.at(0).counts, (record::OffsetCounts{8, 2, 0, 0, 0}));
  EXPECT_EQ(told.replays, 1);
  EXPECT_FALSE(told.unmarked.empty());
}

}  // namespace
}  // namespace frazil::table
