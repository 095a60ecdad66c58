#include "table/state_validity.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "table/offset_state_test_support.h"

namespace frazil::table {
namespace {

iceberg::Snapshot Snap(int64_t id, std::optional<int64_t> parent, int64_t sequence) {
  iceberg::Snapshot snapshot;
  snapshot.snapshot_id = id;
  snapshot.parent_snapshot_id = parent;
  snapshot.sequence_number = sequence;
  return snapshot;
}

iceberg::TableMetadata History(iceberg::SnapshotList snapshots, int64_t head) {
  iceberg::TableMetadata metadata;
  metadata.table_uuid = "u";
  metadata.snapshots = std::move(snapshots);
  metadata.refs["main"].snapshot_id = head;
  return metadata;
}

OffsetState WrittenBy(int64_t snapshot, int64_t sequence) {
  OffsetState state = SomeState();
  state.snapshot_id = snapshot;
  state.sequence_number = sequence;
  return state;
}

TEST(StateValidity, HoldsAtTheHeadAndBehindForeignCommits) {
  const auto metadata = History({Snap(1, {}, 1), Snap(2, 1, 2), Snap(3, 2, 3)}, 3);
  EXPECT_EQ(CheckValidity(WrittenBy(3, 3), metadata), StateValidity::kValid);
  EXPECT_EQ(CheckValidity(WrittenBy(1, 1), metadata), StateValidity::kValid);
}

TEST(StateValidity, HoldsWhenItsSnapshotIsExpired) {
  const auto metadata = History({Snap(5, 4, 5), Snap(6, 5, 6)}, 6);
  EXPECT_EQ(CheckValidity(WrittenBy(3, 3), metadata), StateValidity::kValid);
}

TEST(StateValidity, IsToldWhereDamagedMetadataLeadsRoundInCircles) {
  const auto metadata = History({Snap(5, 6, 5), Snap(6, 5, 6)}, 6);
  EXPECT_EQ(CheckValidity(WrittenBy(3, 3), metadata), StateValidity::kValid);
}

TEST(StateValidity, HoldsWhenExpiryTookTheParentsId) {
  auto head = Snap(6, {}, 6);
  EXPECT_EQ(CheckValidity(WrittenBy(3, 3), History({head}, 6)), StateValidity::kRolledBack) << "the table was replaced";
  head.summary = {{"added-data-files", "1"}, {"total-data-files", "1"}};
  EXPECT_EQ(CheckValidity(WrittenBy(3, 3), History({head}, 6)), StateValidity::kRolledBack);
  head.summary["total-data-files"] = "2";
  EXPECT_EQ(CheckValidity(WrittenBy(3, 3), History({head}, 6)), StateValidity::kValid);
  EXPECT_EQ(CheckValidity(WrittenBy(3, 3), History({Snap(3, 1, 3), head}, 6)), StateValidity::kRolledBack)
      << "its snapshot is there, and not in this history";
}

TEST(StateValidity, FailsAfterARollback) {
  // Snapshots 2 and 3 are still there, but main is back at 1.
  const auto metadata = History({Snap(1, {}, 1), Snap(2, 1, 2), Snap(3, 2, 3)}, 1);
  EXPECT_EQ(CheckValidity(WrittenBy(3, 3), metadata), StateValidity::kRolledBack);
  // Rolled back and written to by someone else: the new head is newer than the state, its line is another.
  const auto forked = History({Snap(1, {}, 1), Snap(3, 1, 3), Snap(4, 1, 4)}, 4);
  EXPECT_EQ(CheckValidity(WrittenBy(3, 3), forked), StateValidity::kRolledBack);
}

TEST(StateValidity, IsUnknownWhereTheHistoryIsCutTooSoon) {
  auto metadata = History({Snap(6, 5, 6)}, 6);
  metadata.history_is_cut = true;
  EXPECT_EQ(CheckValidity(WrittenBy(6, 6), metadata), StateValidity::kValid);
  EXPECT_EQ(CheckValidity(WrittenBy(5, 5), metadata), StateValidity::kValid);  // the head says so itself
  EXPECT_EQ(CheckValidity(WrittenBy(4, 4), metadata), StateValidity::kUnknown);
  // What would be a rollback is looked at with the whole history, which the way back from it needs.
  EXPECT_EQ(CheckValidity(WrittenBy(7, 7), metadata), StateValidity::kUnknown);
  metadata = History({Snap(2, {}, 2)}, 2);
  metadata.history_is_cut = true;
  EXPECT_EQ(CheckValidity(WrittenBy(1, 1), metadata), StateValidity::kUnknown);
  metadata.refs.clear();
  EXPECT_EQ(CheckValidity(WrittenBy(1, 1), metadata), StateValidity::kUnknown);
  metadata.table_uuid = "other";
  EXPECT_EQ(CheckValidity(WrittenBy(1, 1), metadata), StateValidity::kCopied);
}

TEST(StateValidity, HoldsWhereTheHeadIsShownAlone) {
  auto metadata = History({Snap(4, {}, 4)}, 4);
  EXPECT_EQ(CheckValidity(WrittenBy(3, 3), metadata), StateValidity::kRolledBack);
  metadata.shows_head_alone = true;
  EXPECT_EQ(CheckValidity(WrittenBy(3, 3), metadata), StateValidity::kValid);
}

TEST(StateValidity, FailsWhenTheTableWasCopiedOrEmptied) {
  auto metadata = History({Snap(1, {}, 1)}, 1);
  metadata.table_uuid = "other";
  EXPECT_EQ(CheckValidity(WrittenBy(1, 1), metadata), StateValidity::kCopied);
  metadata = History({Snap(1, {}, 1)}, 1);
  metadata.refs.clear();
  EXPECT_EQ(CheckValidity(WrittenBy(1, 1), metadata), StateValidity::kRolledBack);
}

}  // namespace
}  // namespace frazil::table
