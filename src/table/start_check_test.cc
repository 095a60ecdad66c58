// What is wrong with the offsets that a process is to go on from stops it at its start, by name.
#include "table/start_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "table/committer_test_support.h"
#include "table/offset_history.h"
#include "table/offset_state_json.h"

namespace frazil::table {
namespace {

using testing::AllOf;
using testing::HasSubstr;

class StartCheckTest : public CommitterTest {
 protected:
  // Two partitions, of which the first has 20 rows, in two commits.
  void Feed() {
    auto committer = Started(Options());
    for (const int64_t first : {10, 20}) {
      const auto done = committer->Commit({File(10)}, {Range(0, first, first + 10)});
      ASSERT_TRUE(done.has_value()) << done.error().message;
    }
    auto other = committer->Commit({File(5)}, {Range(1, 0, 5)});
    ASSERT_TRUE(other.has_value()) << other.error().message;
  }
  OffsetState State() { return Stored().at(0).state; }
  void Put(const std::string& key, const std::string& text) {
    ASSERT_TRUE(catalog_->Commit(kIdent, {}, {iceberg::SetProperties{{{key, text}}}}, "").has_value());
  }
  void Put(const OffsetState& state) { Put(OffsetsKey(state), WriteOffsetState(state)); }
  void TakeOut() {
    const OffsetState state = State();
    std::vector<iceberg::TableUpdate> updates;
    if (Form() == OffsetForm::kProperty) {
      updates.emplace_back(iceberg::RemoveProperties{{OffsetsKey(state)}});
    } else {
      updates.emplace_back(iceberg::RemoveSnapshotRef{OffsetsTag(state)});
    }
    ASSERT_TRUE(catalog_->Commit(kIdent, {}, updates, "").has_value());
  }
  void ExpectStop(const CommitterOptions& options, const std::string& kind, const std::string& what) {
    const Status begun = OpenUnloaded(options)->Begin();
    ASSERT_FALSE(begun.has_value()) << kind;
    EXPECT_THAT(begun.error().message, AllOf(HasSubstr(kind), HasSubstr(what), HasSubstr("db.events")));
  }
  void ExpectBegins(const CommitterOptions& options) {
    const Status begun = OpenUnloaded(options)->Begin();
    EXPECT_TRUE(begun.has_value()) << begun.error().message;
  }
};

TEST_P(StartCheckTest, OffsetsThatWereTakenOut) {
  Feed();
  ExpectBegins(Options());
  TakeOut();
  ExpectStop(Options(), "lost-offsets", "it stood at (partition: next) 0: 30, 1: 5");
  // Nor while it runs already.
  auto running = OpenUnloaded(Options());
  const Status begun_anew = running->Establish({{{"t", 0}, 10}, {{"t", 1}, 0}});
  ASSERT_FALSE(begun_anew.has_value());
  EXPECT_THAT(begun_anew.error().message, HasSubstr("lost-offsets"));
  EXPECT_EQ(RowsInTable(), 25);
}

TEST_P(StartCheckTest, OffsetsOfAnotherPipelineThatWereTakenOut) {
  Feed();
  TakeOut();
  ExpectStop(Options("other"), "already fed from topic 't' by pipeline 'p'", "take_over: p");
  CommitterOptions independent = Options("other");
  independent.independent = true;
  ExpectBegins(independent);
}

TEST_P(StartCheckTest, WhereItOnlyBeganItMayBeginAgain) {
  (void)Started(Options());
  TakeOut();
  ExpectBegins(Options());
}

TEST_P(StartCheckTest, RewindsTakeoversAndRollbacksAreNothingWrong) {
  Feed();
  auto rewinder = Open(Options());
  ASSERT_TRUE(rewinder->MoveTo({{{"t", 0}, 15}}).has_value());
  ExpectBegins(Options());
  ASSERT_TRUE(Open(Options())->Commit({File(10)}, {Range(0, 15, 25)}).has_value());
  ExpectBegins(Options());
  CommitterOptions successor = Options("successor");
  successor.take_over = "p";
  ExpectBegins(successor);
  const auto before = *Loaded().metadata->current_snapshot_id;
  ASSERT_TRUE(Open(successor)->Commit({File(10)}, {Range(0, 25, 35)}).has_value());
  ExpectBegins(successor);
  AppendForeign();
  ExpectBegins(successor);
  SetMain(before);
  successor.on_rollback = OnRollback::kReingest;
  ExpectBegins(successor);
  ASSERT_TRUE(Open(successor)->Commit({File(3)}, {Range(0, 25, 28)}).has_value());
  ExpectBegins(successor);
}

INSTANTIATE_TEST_SUITE_P(EveryCatalog, StartCheckTest, kEveryBehaviour, BehaviourName);

// As a property it can be written to.
class EditedStateTest : public StartCheckTest {};

TEST_P(EditedStateTest, AValueThatBelongsUnderAnotherKey) {
  Feed();
  for (const auto member : {&OffsetState::pipeline, &OffsetState::topic, &OffsetState::ref}) {
    OffsetState state = State();
    const std::string key = OffsetsKey(state);
    const std::string right = WriteOffsetState(state);
    state.*member = "other";
    Put(key, WriteOffsetState(state));
    ExpectStop(Options(), "the offsets of another name", key);
    Put(key, right);
  }
  ExpectBegins(Options());
}

TEST_P(EditedStateTest, APartitionThatStandsThereTwice) {
  Feed();
  std::string text = WriteOffsetState(State());
  const auto at = text.find("[[0,");
  ASSERT_NE(at, std::string::npos);
  Put(OffsetsKey(State()), text.insert(at + 1, "[0,10,12,0,2],"));
  ExpectStop(Options(), "partition 0 stands there twice", "frazil.offsets/p/t/main");
}

TEST_P(EditedStateTest, APartitionThatIsMissing) {
  Feed();
  OffsetState state = State();
  state.partitions.erase(1);
  Put(state);
  ExpectStop(Options(), "lost-offsets", "topic t, partition 1");
}

TEST_P(EditedStateTest, AStateThatIsBehindItsCommits) {
  Feed();
  OffsetState state = State();
  state.partitions[0] = {10, 20, 0, {10, 0, 0, 0, 0}};
  Put(state);
  ExpectStop(Options(), "wrong-position", "stands at offset 20, but its commits end at 30");
}

TEST_P(EditedStateTest, AStateThatIsAheadOfItsCommits) {
  Feed();
  OffsetState state = State();
  state.partitions[0] = {10, 50, 0, {40, 0, 0, 0, 0}};
  Put(state);
  ExpectStop(Options(), "uncommitted-offsets", "offsets 30 to 49 are in none of them");
  CommitterOptions over = Options();
  over.on_rollback = OnRollback::kContinue;  // as after a rollback that was gone on from
  ExpectBegins(over);
}

TEST_P(EditedStateTest, CountsThatAreNotThoseOfTheCommits) {
  Feed();
  OffsetState state = State();
  state.partitions[0].counts = {15, 0, 5, 0, 0};
  Put(state);
  ExpectStop(Options(), "wrong-count", "its commits count 20 rows");
}

TEST_P(EditedStateTest, AnOldStateThatWasPutBack) {
  auto committer = Started(Options());
  ASSERT_TRUE(committer->Commit({File(10)}, {Range(0, 10, 20)}).has_value());
  const OffsetState old = State();
  ASSERT_TRUE(committer->Commit({File(10)}, {Range(0, 20, 30)}).has_value());
  Put(old);
  // As where a catalog took the commit and dropped its offsets: the commits tell.
  auto again = OpenUnloaded(Options());
  ASSERT_TRUE(again->Begin().has_value());
  EXPECT_EQ(again->next().at({"t", 0}), 30);
}

INSTANTIATE_TEST_SUITE_P(Properties, EditedStateTest,
                         testing::Values(Behaviour{Manners::kTakes}, Behaviour{Manners::kTakes, true}), BehaviourName);

}  // namespace
}  // namespace frazil::table
