#include "table/offset_state.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace frazil::table {
namespace {

using record::OffsetRange;

OffsetState SomeState() {
  OffsetState state;
  state.pipeline = "p";
  state.topic = "t";
  state.cluster_id = "c";
  state.topic_id = "i";
  state.table_uuid = "u";
  state.snapshot_id = 9007199254740993;  // does not fit a double
  state.sequence_number = 7;
  state.partitions[0] = {0, 0, -1, {}};
  state.partitions[3] = {100, 175, 4, {50, 5, 10, 3, 7}};
  return state;
}

OffsetRange Range(int64_t first, int64_t next, record::OffsetCounts counts) {
  return {{"t", 3}, first, next, 5, counts};
}

TEST(OffsetState, SurvivesItsText) {
  OffsetState state = SomeState();
  state.took_over = {"older", "old"};
  state.rewinds = 3;
  state.replays = 2;
  state.unmarked = "s3://w/t/metadata/frazil-replayed-1.json";
  state.partitions[3].reread_to = 170;
  PendingErrors pending{{{"s3://b/1.parquet", 100, 3}, {"s3://b/2.parquet", 90, 2}}, {}};
  pending.origins.Add({{"t", 0}, 5, 9, 1});
  pending.origins.Add({{"t", 3}, 100, 175, 4});
  state.pending = {pending, pending};
  const auto again = ParseOffsetState(WriteOffsetState(state));
  ASSERT_TRUE(again.has_value()) << again.error().message;
  EXPECT_EQ(*again, state);
}

TEST(OffsetState, RefusesPendingErrorsThatItCannotTrust) {
  for (const char* pending : {"{}", "[1]", "[{}]", R"([{"files":[],"offsets":[[0,0,1,1]]}])",
                              R"([{"files":[["f",1]],"offsets":[[0,0,1,1]]}])", R"([{"files":[["f",1,1]]}])",
                              R"([{"files":[["f",1,1]],"offsets":[[0,0,1,2]]}])"}) {
    std::string text = WriteOffsetState(SomeState());
    text.insert(1, fmt::format(R"("pending-errors":{},)", pending));
    EXPECT_FALSE(ParseOffsetState(text).has_value()) << text;
  }
}

TEST(OffsetState, TellsHowFarItHasComeOfErrors) {
  PendingErrors errors;
  errors.origins.Add({{"t", 3}, 170, 175, 1});
  EXPECT_TRUE(Reaches(SomeState(), errors));
  errors.origins.Add({{"t", 0}, 0, 1, 1});
  EXPECT_FALSE(Reaches(SomeState(), errors)) << "of one partition alone";
  OffsetState state = SomeState();
  state.partitions.erase(0);
  EXPECT_FALSE(Reaches(state, errors));
}

TEST(OffsetState, IsCompactForAThousandPartitions) {
  OffsetState state = SomeState();
  for (int i = 0; i < 1000; ++i) state.partitions[i] = {0, 123456789, 3, {123456789, 0, 0, 0, 0}};
  EXPECT_LT(WriteOffsetState(state).size(), 40000U);
}

TEST(OffsetState, RefusesWhatItCannotTrust) {
  for (const char* text : {"", "[]", "{}", R"({"version":2})", R"({"version":1,"pipeline":"p"})"}) {
    EXPECT_FALSE(ParseOffsetState(text).has_value()) << text;
  }
  std::string deep = R"({"version":1,"pipeline":)";
  deep.append(100000, '[');
  EXPECT_FALSE(ParseOffsetState(deep).has_value());
  for (const char* ranges : {R"({"t":[[-1,0,1,1]]})", R"({"t":[[0,5,1,1]]})", R"({"t":[[0,0,1,2,-1]]})",
                             R"({"t":[[0,-9223372036854775808,9223372036854775807,1]]})", R"({"t":[[[]]]})"}) {
    EXPECT_FALSE(ParseRanges(ranges).has_value()) << ranges;
  }
  // Counts that do not account for the offsets.
  std::string text = WriteOffsetState(SomeState());
  text.replace(text.find("175"), 3, "176");
  const auto parsed = ParseOffsetState(text);
  ASSERT_FALSE(parsed.has_value());
  EXPECT_THAT(parsed.error().message, testing::HasSubstr("do not add up"));
}

TEST(OffsetState, KeysDoNotCollide) {
  OffsetState one;
  one.pipeline = "a/b";
  one.topic = "c";
  OffsetState other;
  other.pipeline = "a";
  other.topic = "b/c";
  EXPECT_NE(OffsetsKey(one), OffsetsKey(other));
  EXPECT_EQ(OffsetsKey(SomeState()), "frazil.offsets/p/t/main");
}

TEST(OffsetState, CountsAnewAfterARewind) {
  OffsetState state = SomeState();
  ASSERT_TRUE(Advance(state, Range(175, 150, {})).has_value());
  EXPECT_EQ(state.partitions[3], (PartitionState{150, 150, 4, {}, 175, 175}));
  ASSERT_TRUE(Advance(state, Range(150, 160, {10, 0, 0, 0, 0})).has_value());
  const auto again = ParseOffsetState(WriteOffsetState(state));
  ASSERT_TRUE(again.has_value()) << again.error().message;
  EXPECT_EQ(*again, state);
  EXPECT_EQ(Advance(state, Range(160, 150, {1, 0, 0, 0, 0})).error().kind, ErrorKind::kInternal);
  // Back over it: where it stood is known, what it had counted is not.
  ASSERT_TRUE(Retreat(state, Range(150, 160, {10, 0, 0, 0, 0})).has_value());
  ASSERT_TRUE(Retreat(state, Range(175, 150, {})).has_value());
  EXPECT_EQ(state.partitions[3].next, 175);
  ASSERT_TRUE(Retreat(state, Range(120, 175, {55, 0, 0, 0, 0})).has_value());
  EXPECT_EQ(state.partitions[3].next, 120);
  EXPECT_EQ(state.partitions[3].counts.total(), 0);
}

TEST(OffsetState, TheLaterOfTwoThatTookOverFromOneAnotherStands) {
  const OffsetState p = SomeState();
  OffsetState q = TakenOver(p, "q");
  ++q.sequence_number;
  OffsetState back = TakenOver(q, "p");
  ++ ++back.sequence_number;
  EXPECT_EQ(back.took_over, (std::vector<std::string>{"p", "q"}));
  EXPECT_TRUE(HasTakenOver(q, p));
  EXPECT_FALSE(HasTakenOver(p, q));
  EXPECT_TRUE(HasTakenOver(back, q));
  EXPECT_FALSE(HasTakenOver(q, back));
  EXPECT_EQ(TakenOver(back, "q").took_over, (std::vector<std::string>{"p", "q"}));
  for (const OffsetState& any : {p, q, back, TakenOver(back, "q")}) EXPECT_EQ(FirstName(any), "p");
  OffsetState elsewhere = p;
  elsewhere.ref = "audit";
  EXPECT_FALSE(HasTakenOver(q, elsewhere));
}

TEST(OffsetState, AdvancesOnlyWhereRangesJoin) {
  OffsetState state = SomeState();
  EXPECT_EQ(Advance(state, Range(176, 180, {4, 0, 0, 0, 0})).error().kind, ErrorKind::kFenced);
  EXPECT_EQ(Advance(state, Range(174, 180, {6, 0, 0, 0, 0})).error().kind, ErrorKind::kFenced);
  OffsetRange other = Range(0, 1, {1, 0, 0, 0, 0});
  other.source.partition = 8;
  EXPECT_EQ(Advance(state, other).error().kind, ErrorKind::kFenced);
  EXPECT_EQ(state, SomeState());
  ASSERT_TRUE(Advance(state, Range(175, 180, {3, 0, 0, 0, 2})).has_value());
  EXPECT_EQ(state.partitions[3], (PartitionState{100, 180, 5, {53, 5, 10, 3, 9}}));
}

TEST(OffsetState, RetreatsByWhatItAdvancedLast) {
  OffsetState state = SomeState();
  const OffsetRange last = Range(175, 180, {3, 0, 0, 0, 2});
  EXPECT_EQ(Retreat(state, last).error().kind, ErrorKind::kInvalidArgument);
  ASSERT_TRUE(Advance(state, last).has_value());
  ASSERT_TRUE(Retreat(state, last).has_value());
  EXPECT_EQ(state.partitions[3], (PartitionState{100, 175, 5, {50, 5, 10, 3, 7}}));
  EXPECT_EQ(Retreat(state, Range(99, 175, {76, 0, 0, 0, 0})).error().kind, ErrorKind::kInvalidArgument)
      << "beyond its start";
}

TEST(OffsetState, RefusesOffsetsThatNobodyAccountsFor) {
  OffsetState state = SomeState();
  EXPECT_EQ(Advance(state, Range(175, 180, {4, 0, 0, 0, 0})).error().kind, ErrorKind::kInternal);
}

TEST(OffsetRanges, SurviveTheirText) {
  const std::vector<OffsetRange> ranges = {{{"a", 0}, 0, 10, -1, {10, 0, 0, 0, 0}},
                                           {{"b", 2}, 5, 9, -1, {1, 0, 2, 0, 1}}};
  const auto again = ParseRanges(WriteRanges(ranges));
  ASSERT_TRUE(again.has_value());
  ASSERT_EQ(again->size(), 2U);
  EXPECT_EQ((*again)[1].source, ranges[1].source);
  EXPECT_EQ((*again)[1].next, 9);
  EXPECT_EQ((*again)[1].counts, ranges[1].counts);
}

TEST(RowOriginsText, SurvivesIt) {
  record::RowOrigins origins;
  origins.Add({{"a", 0}, 0, 10, 7});
  origins.Add({{"a", 2}, 0, 10, 10});
  origins.Add({{"b", 0}, 5, 9, 0});
  EXPECT_EQ(WriteOrigins(origins), R"({"a":[[0,0,10,7],[2,0,10,10]],"b":[[0,5,9]]})");
  const auto again = ParseOrigins(WriteOrigins(origins));
  ASSERT_TRUE(again.has_value()) << again.error().message;
  EXPECT_EQ(again->list(), origins.list());
}

TEST(RowOriginsText, RefusesWhatCannotBe) {
  for (const char* text : {"", "[]", R"({"t":0})", R"({"t":[[0,0,5,6]]})", R"({"t":[[0,5,4]]})", R"({"t":[[-1,0,1]]})",
                           R"({"t":[[0,-9223372036854775808,9223372036854775807,1]]})"}) {
    EXPECT_FALSE(ParseOrigins(text).has_value()) << text;
  }
}

// ---- Is the state valid? ----

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

TEST(StateValidity, HoldsInNessieWhichShowsTheHeadAlone) {
  auto metadata = History({Snap(4, {}, 4)}, 4);
  EXPECT_EQ(CheckValidity(WrittenBy(3, 3), metadata), StateValidity::kRolledBack);
  metadata.properties["nessie.catalog.content-id"] = "some-id";
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

TEST(OffsetState, RefusesNumbersThatItCannotCountOnFrom) {
  const auto state = [](const std::string& partition) {
    return fmt::format(
        R"({{"version":1,"pipeline":"p","topic":"t","ref":"main","cluster":"c","topic-id":"i","table":"u",)"
        R"("snapshot":1,"sequence":7,"partitions":[{}]}})",
        partition);
  };
  EXPECT_TRUE(ParseOffsetState(state("[0,5,5,2147483647]")).has_value());
  for (const char* partition : {
           "[0,5,5,4294967297]",                             // an epoch of more than 32 bits
           "[0,5,5,-2]",                                     //
           "[0,-5,-5]",                                      // negative offsets
           "[0,9223372036854775808,9223372036854775808]",    // more than 63 bits
           "[0,18446744073709551615,18446744073709551615]",  //
           "[0,9223372036854775807,9223372036854775807]",    // nothing could follow
           "[0,0,5,1,5,0,0,0,0,-1]",                         // rewound from nowhere
           "[0,0,5,1,5,0,0,0,0,0,9223372036854775807]",      //
           "[18446744073709551616,0,0]",                     // a fraction, to the parser
       }) {
    EXPECT_FALSE(ParseOffsetState(state(partition)).has_value()) << partition;
  }
  for (const char* member : {R"("rewinds":-1)", R"("rewinds":9223372036854775807)", R"("replays":18446744073709551615)",
                             R"("pending-errors":[{"files":[["f",-1,1]],"offsets":[[0,0,1,1]]}])",
                             R"("pending-errors":[{"files":[["f",1,-1]],"offsets":[[0,0,1,1]]}])",
                             R"("pending-errors":[{"files":[["f",18446744073709551615,1]],"offsets":[[0,0,1,1]]}])"}) {
    std::string text = WriteOffsetState(SomeState());
    text.insert(1, std::string(member) + ",");
    EXPECT_FALSE(ParseOffsetState(text).has_value()) << text;
  }
}

TEST(OffsetState, WritesNoOffsetThatItCouldNotRead) {
  OffsetState state = SomeState();
  const int64_t next = state.partitions[3].next;
  const Status done = Advance(state, Range(next, record::kLargestOffset + 1, {record::kLargestOffset + 1 - next}));
  ASSERT_FALSE(done.has_value());
  EXPECT_EQ(done.error().kind, ErrorKind::kCorrupt);
}

}  // namespace
}  // namespace frazil::table
