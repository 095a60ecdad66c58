#include "table/offset_account.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "table/offset_state.h"

namespace frazil::table {
namespace {

using record::OffsetCounts;
using record::OffsetRange;
using testing::HasSubstr;
using testing::IsEmpty;

OffsetRange Range(int64_t first, int64_t next, OffsetCounts counts) { return {{"t", 0}, first, next, -1, counts}; }
OffsetRange Rows(int64_t first, int64_t next) { return Range(first, next, {next - first, 0, 0, 0, 0}); }

// A table with a line of commits, and the state that its pipeline keeps.
class OffsetAccountTest : public testing::Test {
 protected:
  OffsetAccountTest() {
    metadata_.table_uuid = "u";
    history_.ref = "main";
    state_.pipeline = "p";
    state_.topic = "t";
    state_.table_uuid = "u";
  }

  void Commit(const std::string& pipeline, std::vector<OffsetRange> ranges) {
    iceberg::Snapshot snapshot;
    snapshot.snapshot_id = snapshot.sequence_number = ++last_;
    if (last_ > 1) snapshot.parent_snapshot_id = last_ - 1;
    metadata_.snapshots.push_back(snapshot);
    metadata_.refs["main"].snapshot_id = snapshot.snapshot_id;
    commits_.push_back({nullptr, pipeline, std::move(ranges)});
  }
  void Replay(const std::string& pipeline, const std::vector<record::RowOrigin>& runs) {
    Commit(pipeline, {});
    for (const auto& run : runs) commits_.back().replayed.Add(run);
  }
  // The state as of the last commit.
  void Stands(int64_t start, int64_t next, OffsetCounts counts) {
    state_.partitions[0] = {start, next, -1, counts};
    state_.snapshot_id = state_.sequence_number = last_;
    stored_ = {{state_, OffsetForm::kProperty}};
  }
  void Expire(size_t count) {
    std::set<int64_t> gone;
    for (size_t i = 0; i < count; ++i) gone.insert(metadata_.snapshots[i].snapshot_id);
    metadata_.snapshots.Remove(gone);
    commits_.erase(commits_.begin(), commits_.begin() + static_cast<ptrdiff_t>(count));
    history_.complete = false;
  }

  OffsetAccount Make() {
    const OffsetAccounts accounts = MakeAll();
    EXPECT_EQ(accounts.list.size(), 1U);
    return accounts.list.at(0);
  }
  OffsetAccounts MakeAll() {
    history_.commits.clear();
    for (size_t i = 0; i < commits_.size(); ++i) {
      history_.commits.push_back(commits_[i]);
      history_.commits.back().snapshot = &metadata_.snapshots[i];
    }
    OffsetAccounts accounts = MakeAccounts(history_, stored_, metadata_);
    findings_.clear();
    for (const OffsetAccount& account : accounts.list) {
      findings_.insert(findings_.end(), account.findings.begin(), account.findings.end());
    }
    return accounts;
  }
  void ExpectFinding(FindingKind kind, const std::string& text) {
    EXPECT_FALSE(Make().sound());
    ASSERT_EQ(findings_.size(), 1U);
    EXPECT_EQ(ToString(findings_[0].kind), ToString(kind));
    EXPECT_THAT(findings_[0].what, HasSubstr(text));
  }

  int64_t last_ = 0;  // snapshot
  iceberg::TableMetadata metadata_;
  std::vector<table::Commit> commits_;
  BranchHistory history_;
  OffsetState state_;
  std::vector<StoredState> stored_;
  Findings findings_;
};

TEST_F(OffsetAccountTest, CommitsThatJoin) {
  Commit("p", {Range(5, 5, {})});
  Commit("p", {Rows(5, 10)});
  Commit("", {});
  Commit("p", {Range(10, 20, {7, 0, 1, 0, 2})});
  Stands(5, 20, {12, 0, 1, 0, 2});
  const OffsetAccount account = Make();
  EXPECT_THAT(findings_, IsEmpty());
  EXPECT_TRUE(account.sound() && account.joins() && account.whole());
  EXPECT_EQ(account.counts(), (OffsetCounts{12, 0, 1, 0, 2}));
  EXPECT_EQ(account.partitions.at(0).stands_at, 20);
}

TEST_F(OffsetAccountTest, WhatWasExpiredStandsInTheTotals) {
  Commit("p", {Range(0, 0, {})});
  Commit("p", {Range(0, 10, {9, 0, 0, 0, 1})});
  Commit("p", {Rows(10, 12)});
  Stands(0, 12, {11, 0, 0, 0, 1});
  Expire(2);
  OffsetAccount account = Make();
  EXPECT_THAT(findings_, IsEmpty());
  EXPECT_TRUE(account.whole());
  const auto& stretches = account.partitions.at(0).stretches;
  ASSERT_EQ(stretches.size(), 2U);
  EXPECT_EQ(stretches[0].snapshot, nullptr);
  EXPECT_EQ(stretches[0].next, 10);
  EXPECT_EQ(stretches[0].counts, (OffsetCounts{9, 0, 0, 0, 1}));
  // All of it may have been expired: then the newest commit is another's.
  Commit("", {});
  Expire(1);
  account = Make();
  EXPECT_THAT(findings_, IsEmpty());
  EXPECT_TRUE(account.whole());
  EXPECT_EQ(account.counts().rows, 11);
}

TEST_F(OffsetAccountTest, AGap) {
  Commit("p", {Range(0, 0, {})});
  Commit("p", {Rows(0, 10)});
  Commit("p", {Rows(12, 20)});
  Stands(0, 20, {20, 0, 0, 0, 0});
  ExpectFinding(FindingKind::kGap, "offsets 10 to 11 are in no commit: snapshot 3 begins at 12");
  EXPECT_FALSE(Make().joins());
}

TEST_F(OffsetAccountTest, AGapThatARollbackMade) {
  Commit("p", {Rows(0, 10)});
  Commit("p", {Rows(20, 30)});
  Stands(0, 30, {30, 0, 0, 0, 0});
  iceberg::Snapshot lost;
  lost.snapshot_id = 77;
  history_.outside = {{&lost, "p", {Rows(10, 20)}}};
  ExpectFinding(FindingKind::kGap, "snapshot 77, which held them, was rolled back");
}

TEST_F(OffsetAccountTest, AnOverlap) {
  Commit("p", {Rows(0, 10)});
  Commit("p", {Rows(8, 20)});
  Stands(0, 20, {20, 0, 0, 0, 0});
  ExpectFinding(FindingKind::kOverlap, "offsets 8 to 9 were committed twice: by snapshot 1 and by snapshot 2");
}

TEST_F(OffsetAccountTest, APipelineThatBeganAnew) {
  Commit("p", {Range(0, 0, {})});
  Commit("p", {Rows(0, 10)});
  Commit("p", {Range(0, 0, {})});
  Commit("p", {Rows(0, 10)});
  Stands(0, 10, {10, 0, 0, 0, 0});
  ExpectFinding(FindingKind::kOverlap, "stood at offset 10 and began anew at 0 with snapshot 3");
}

TEST_F(OffsetAccountTest, OfTwoStartsTheFirstStands) {
  Commit("p", {Range(5, 5, {})});
  Commit("p", {Range(7, 7, {})});  // of a process that began at the same time
  Commit("p", {Rows(5, 10)});
  Commit("p", {Rows(10, 11)});
  Stands(5, 11, {6, 0, 0, 0, 0});
  const OffsetAccount account = Make();
  EXPECT_THAT(findings_, IsEmpty());
  EXPECT_TRUE(account.whole());
}

TEST_F(OffsetAccountTest, CountsThatDoNotFit) {
  Commit("p", {Range(0, 0, {})});
  Commit("p", {Range(0, 10, {8, 0, 2, 0, 0})});
  Stands(0, 10, {10, 0, 0, 0, 0});
  ExpectFinding(FindingKind::kWrongCount, "counts 10 rows, 0 errors, 0 skipped");
  Stands(0, 11, {9, 0, 2, 0, 0});
  ExpectFinding(FindingKind::kUncommitted, "offsets 10 to 10 are in none of them");
  // What came before the history cannot be less than nothing.
  Commit("p", {Rows(10, 20)});
  Stands(0, 20, {9, 0, 11, 0, 0});
  Expire(2);
  ExpectFinding(FindingKind::kWrongCount, "its commits count 10 rows");
}

TEST_F(OffsetAccountTest, AStateThatWasLost) {
  Commit("p", {Range(0, 0, {})});
  Commit("p", {Rows(0, 10)});
  ExpectFinding(FindingKind::kLostOffsets, "the last is snapshot 2");
}

TEST_F(OffsetAccountTest, APartitionThatTheStateLost) {
  OffsetRange other = Rows(0, 4);
  other.source.partition = 1;
  Commit("p", {Rows(0, 10), other});
  Stands(0, 10, {10, 0, 0, 0, 0});
  ExpectFinding(FindingKind::kLostOffsets, "does not know it");
}

TEST_F(OffsetAccountTest, ACopiedTable) {
  Commit("p", {Rows(0, 10)});
  Stands(0, 10, {10, 0, 0, 0, 0});
  metadata_.table_uuid = "v";
  ExpectFinding(FindingKind::kCopiedTable, "this is table v");
}

TEST_F(OffsetAccountTest, ARollback) {
  Commit("p", {Rows(0, 10)});
  Stands(0, 25, {25, 0, 0, 0, 0});
  stored_[0].state.snapshot_id = 2;
  stored_[0].state.sequence_number = 2;
  ExpectFinding(FindingKind::kRolledBack, "15 offsets that it counts as done are not in the table");
}

TEST_F(OffsetAccountTest, ARollbackMadeGoodByReadingAgain) {
  Commit("p", {Rows(0, 10)});
  Commit("p", {Rows(10, 15)});  // the state began anew at 10
  Stands(10, 15, {5, 0, 0, 0, 0});
  const OffsetAccount account = Make();
  EXPECT_THAT(findings_, IsEmpty());
  EXPECT_TRUE(account.whole());
  EXPECT_EQ(account.counts().rows, 15);
}

TEST_F(OffsetAccountTest, ASuccessorHasWhatItTookOver) {
  Commit("old", {Range(0, 0, {})});
  Commit("old", {Rows(0, 10)});
  Stands(0, 10, {10, 0, 0, 0, 0});
  StoredState old = stored_[0];
  old.state.pipeline = "old";
  Commit("p", {Rows(10, 12)});
  state_.took_over = {"old"};
  Stands(0, 12, {12, 0, 0, 0, 0});
  EXPECT_EQ(Make().counts().rows, 12);
  EXPECT_THAT(findings_, IsEmpty());
  stored_.push_back(old);  // until the commit after
  EXPECT_EQ(Make().counts().rows, 12);
  EXPECT_THAT(findings_, IsEmpty());
}

TEST_F(OffsetAccountTest, WhoeverTookNothingOverHasHisOwn) {
  Commit("lost", {Range(0, 0, {})});
  Commit("lost", {Rows(0, 10)});
  Commit("p", {Range(0, 0, {})});
  Commit("p", {Rows(0, 10)});
  Stands(0, 10, {10, 0, 0, 0, 0});
  const OffsetAccounts accounts = MakeAll();
  ASSERT_EQ(accounts.list.size(), 2U);
  ASSERT_EQ(findings_.size(), 1U);
  EXPECT_EQ(ToString(findings_[0].kind), ToString(FindingKind::kLostOffsets));
}

TEST_F(OffsetAccountTest, ARewind) {
  Commit("p", {Range(0, 0, {})});
  Commit("p", {Rows(0, 10)});
  Commit("p", {Range(10, 4, {})});
  Commit("p", {Rows(4, 12)});
  Stands(4, 12, {8, 0, 0, 0, 0});
  state_.partitions[0].rewound_from = 10;
  stored_[0].state = state_;
  OffsetAccount account = Make();
  EXPECT_THAT(findings_, IsEmpty());
  EXPECT_TRUE(account.joins() && account.whole());
  EXPECT_EQ(account.counts().rows, 18);
  EXPECT_EQ(account.partitions.at(0).rewound, std::pair(int64_t{4}, int64_t{10}));
  EXPECT_EQ(account.partitions.at(0).end(), 12);
  // Once the history does not tell of it any more, the state still does.
  Expire(3);
  account = Make();
  EXPECT_THAT(findings_, IsEmpty());
  EXPECT_FALSE(account.whole());
  EXPECT_EQ(account.partitions.at(0).rewound, std::pair(int64_t{4}, int64_t{10}));
}

TEST_F(OffsetAccountTest, ACommitWhoseStateWasDropped) {
  Commit("p", {Rows(0, 10)});
  Stands(0, 10, {10, 0, 0, 0, 0});
  Commit("p", {Rows(10, 12)});  // the catalog took it and not what it said of the offsets
  const OffsetAccount account = Make();
  EXPECT_THAT(findings_, IsEmpty());
  EXPECT_EQ(account.partitions.at(0).stands_at, 12);
  EXPECT_EQ(account.counts().rows, 12);
}

TEST_F(OffsetAccountTest, ErrorsThatBecameRowsLater) {
  Commit("p", {Range(0, 0, {})});
  Commit("p", {Range(0, 10, {7, 3, 0, 0, 0})});
  Commit("p", {Range(10, 20, {8, 2, 0, 0, 0})});
  Replay("p", {{{"t", 0}, 8, 9, 1}, {{"t", 0}, 12, 14, 2}});
  Stands(0, 20, {18, 2, 0, 0, 0});
  OffsetAccount account = Make();
  EXPECT_THAT(findings_, IsEmpty());
  EXPECT_TRUE(account.whole());
  const auto& stretches = account.partitions.at(0).stretches;
  EXPECT_EQ(stretches.at(0).counts, (OffsetCounts{8, 2, 0, 0, 0}));
  EXPECT_EQ(stretches.at(0).replayed, 1);
  EXPECT_EQ(stretches.at(1).counts, (OffsetCounts{10, 0, 0, 0, 0}));

  Expire(2);  // of what was replayed some was committed before the history that is left
  account = Make();
  EXPECT_THAT(findings_, IsEmpty());
  EXPECT_EQ(account.partitions.at(0).stretches.at(0).snapshot, nullptr);
  EXPECT_EQ(account.partitions.at(0).stretches.at(0).counts, (OffsetCounts{8, 2, 0, 0, 0}));
  EXPECT_EQ(account.counts(), (OffsetCounts{18, 2, 0, 0, 0}));
}

TEST_F(OffsetAccountTest, AReplayThatTheStateDoesNotCount) {
  Commit("p", {Range(0, 0, {})});
  Commit("p", {Range(0, 10, {7, 3, 0, 0, 0})});
  Replay("p", {{{"t", 0}, 8, 9, 1}});
  Stands(0, 10, {7, 3, 0, 0, 0});
  ExpectFinding(FindingKind::kWrongCount, "counts 7 rows, 3 errors");
}

TEST_F(OffsetAccountTest, AReplayAfterARewind) {
  Commit("p", {Range(0, 0, {})});
  Commit("p", {Range(0, 10, {7, 3, 0, 0, 0})});
  Commit("p", {Range(10, 5, {})});
  Commit("p", {Range(5, 10, {4, 1, 0, 0, 0})});
  Replay("p", {{{"t", 0}, 3, 4, 1}, {{"t", 0}, 8, 9, 1}});  // of which the state counts the second
  Stands(5, 10, {5, 0, 0, 0, 0});
  const OffsetAccount account = Make();
  EXPECT_THAT(findings_, IsEmpty());
  const auto& stretches = account.partitions.at(0).stretches;
  EXPECT_EQ(stretches.at(0).counts, (OffsetCounts{8, 2, 0, 0, 0}));
  EXPECT_EQ(stretches.at(1).counts, (OffsetCounts{5, 0, 0, 0, 0}));
}

}  // namespace
}  // namespace frazil::table
