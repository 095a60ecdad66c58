#include "iceberg/ancestry.h"

#include <gtest/gtest.h>

#include <utility>

namespace frazil::iceberg {
namespace {

// 1 ← 2 ← 3 ← 4, and 2 ← 5 ← 6; numbers as they came.
TableMetadata Forked() {
  TableMetadata table;
  const auto add = [&](int64_t id, std::optional<int64_t> parent) {
    Snapshot snapshot;
    snapshot.snapshot_id = id;
    snapshot.parent_snapshot_id = parent;
    snapshot.sequence_number = id;
    snapshot.timestamp_ms = 1000 * id;
    table.snapshots.push_back(std::move(snapshot));
  };
  add(1, std::nullopt);
  add(2, 1);
  add(3, 2);
  add(4, 3);
  add(5, 2);
  add(6, 5);
  return table;
}

Descent Of(int64_t ancestor, int64_t snapshot, const TableMetadata& table) {
  return IsAncestor(ancestor, *table.FindSnapshot(snapshot), table);
}

TEST(Ancestry, IsToldByParents) {
  const TableMetadata table = Forked();
  EXPECT_EQ(Of(4, 4, table), Descent::kYes);
  EXPECT_EQ(Of(1, 4, table), Descent::kYes);
  EXPECT_EQ(Of(2, 6, table), Descent::kYes);
  EXPECT_EQ(Of(3, 6, table), Descent::kNo);
  EXPECT_EQ(Of(4, 6, table), Descent::kNo);
  EXPECT_EQ(Of(6, 4, table), Descent::kNo);
  EXPECT_EQ(Of(17, 4, table), Descent::kNo);
  EXPECT_EQ(SnapshotsSince(2, *table.FindSnapshot(4), table), 2);
  EXPECT_EQ(SnapshotsSince(4, *table.FindSnapshot(4), table), 0);
}

TEST(Ancestry, WhatHasExpiredTellsNothing) {
  TableMetadata table = Forked();
  table.snapshots.Remove({2, 3});
  EXPECT_EQ(Of(3, 4, table), Descent::kYes);  // the parent is named still
  EXPECT_EQ(Of(2, 4, table), Descent::kUnknown);
  EXPECT_EQ(Of(1, 4, table), Descent::kUnknown);
  EXPECT_EQ(Of(6, 4, table), Descent::kNo);  // it came later
}

TEST(Ancestry, TheNewestBeforeAMoment) {
  const TableMetadata table = Forked();
  const auto before = [&](int64_t millis, int64_t head) {
    const Snapshot* found = NewestBefore(millis, *table.FindSnapshot(head), table);
    return found == nullptr ? 0 : found->snapshot_id;
  };
  EXPECT_EQ(before(9000, 4), 4);
  EXPECT_EQ(before(4000, 4), 3);
  EXPECT_EQ(before(4001, 6), 2);
  EXPECT_EQ(before(1000, 6), 0);
}

}  // namespace
}  // namespace frazil::iceberg
