#include "iceberg/snapshot_writer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "avro/container.h"
#include "iceberg/snapshot_writer_test_support.h"

namespace frazil::iceberg {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Key;
using ::testing::Not;
using ::testing::Pair;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

TEST_F(SnapshotWriterTest, FirstSnapshot) {
  SnapshotWriter append("main", AppendFiles({File("a"), File("b", "bergen"), File("c", {})}), {{"frazil.k", "v"}});
  const auto attempt = Prepare(append, kNow + 500);
  const Snapshot& snapshot = attempt.snapshot;
  EXPECT_EQ(snapshot.snapshot_id, append.snapshot_id());
  EXPECT_EQ(snapshot.parent_snapshot_id, std::nullopt);
  EXPECT_EQ(snapshot.sequence_number, 1);
  EXPECT_EQ(snapshot.timestamp_ms, kNow + 500);
  EXPECT_EQ(snapshot.schema_id, 0);
  EXPECT_THAT(snapshot.summary,
              ElementsAre(Pair("added-data-files", "3"), Pair("added-files-size", "3000"), Pair("added-records", "30"),
                          Pair("changed-partition-count", "3"), Pair("engine-name", "frazil"), Pair("frazil.k", "v"),
                          Pair("operation", "append"), Pair("total-data-files", "3"), Pair("total-delete-files", "0"),
                          Pair("total-equality-deletes", "0"), Pair("total-files-size", "3000"),
                          Pair("total-position-deletes", "0"), Pair("total-records", "30")));
  ASSERT_THAT(attempt.requirements, SizeIs(2));
  EXPECT_EQ(std::get<AssertTableUuid>(attempt.requirements[0]).uuid, table_.table_uuid);
  EXPECT_EQ(std::get<AssertRefSnapshotId>(attempt.requirements[1]).snapshot_id, std::nullopt);

  Commit(attempt);
  EXPECT_EQ(table_.current_snapshot_id, snapshot.snapshot_id);
  const auto manifests = Manifests(snapshot);
  ASSERT_THAT(manifests, SizeIs(1));
  EXPECT_EQ(manifests[0].sequence_number, 1);
  EXPECT_EQ(manifests[0].min_sequence_number, 1);
  EXPECT_EQ(manifests[0].added_snapshot_id, snapshot.snapshot_id);
  EXPECT_EQ(manifests[0].added_files_count, 3);
  EXPECT_EQ(manifests[0].added_rows_count, 30);
  EXPECT_EQ(manifests[0].manifest_length, static_cast<int64_t>(io_.ReadAll(manifests[0].manifest_path)->size()));
  for (const auto& entry : Entries(manifests[0])) {
    EXPECT_EQ(entry.status, EntryStatus::kAdded);
    EXPECT_EQ(entry.snapshot_id, snapshot.snapshot_id);
    EXPECT_EQ(entry.sequence_number, 1);
    EXPECT_EQ(entry.file_sequence_number, 1);
  }
  EXPECT_THAT(io_.Locations(), Contains(testing::MatchesRegex("mem://t/metadata/snap-[0-9]+-1-[0-9a-f-]+\\.avro")));
  EXPECT_THAT(io_.Locations(), Contains(testing::MatchesRegex("mem://t/metadata/[0-9a-f-]+-m0\\.avro")));
}

TEST_F(SnapshotWriterTest, SecondSnapshotCountsOn) {
  const auto first = Append({File("a")});
  const auto second = Append({File("b")});
  EXPECT_EQ(second.parent_snapshot_id, first.snapshot_id);
  EXPECT_EQ(second.sequence_number, 2);
  EXPECT_GT(second.timestamp_ms, first.timestamp_ms) << "the clock stood still";
  EXPECT_EQ(second.summary.at("total-records"), "20");
  EXPECT_EQ(second.summary.at("added-records"), "10");
  const auto manifests = Manifests(second);
  ASSERT_THAT(manifests, SizeIs(2));
  EXPECT_THAT(Paths(Entries(manifests[0])), ElementsAre("b"));
  EXPECT_THAT(Paths(Entries(manifests[1])), ElementsAre("a"));
  EXPECT_EQ(Entries(manifests[1])[0].sequence_number, 1);
}

TEST_F(SnapshotWriterTest, WithoutFilesItIsAnAppendThatWritesOnlyAList) {
  const auto first = Append({File("a")});
  const auto files = io_.Locations().size();
  const auto second = Append({});
  EXPECT_EQ(io_.Locations().size(), files + 1);
  EXPECT_EQ(second.operation(), "append");
  EXPECT_THAT(second.summary, Not(Contains(Key("added-data-files"))));
  EXPECT_EQ(second.summary.at("changed-partition-count"), "0");
  EXPECT_EQ(second.summary.at("total-data-files"), "1");
  EXPECT_EQ(Manifests(second)[0].manifest_path, Manifests(first)[0].manifest_path);
}

TEST_F(SnapshotWriterTest, WithoutFilesOnAnEmptyTable) {
  const auto snapshot = Append({});
  EXPECT_THAT(Manifests(snapshot), IsEmpty());
  EXPECT_EQ(snapshot.summary.at("total-records"), "0");
}

TEST_F(SnapshotWriterTest, TotalsThatTheParentDidNotKnowStayUnknown) {
  Append({File("a")});
  Snapshot parent = table_.snapshots.back();
  parent.summary.erase("total-records");
  parent.summary["total-files-size"] = "much";
  ReplaceNewest(parent);
  const auto snapshot = Append({File("b")});
  EXPECT_THAT(snapshot.summary, AllOf(Not(Contains(Key("total-records"))), Not(Contains(Key("total-files-size"))),
                                      Contains(Pair("total-data-files", "2"))));
}

TEST_F(SnapshotWriterTest, EachAttemptSaysWhatItsSnapshotIs) {
  SnapshotWriter append("main", AppendFiles({File("mine")}), {{"frazil.k", "v"}});
  const auto notes = [](const Snapshot& snapshot) {
    const std::string text = std::to_string(snapshot.sequence_number);
    return SnapshotWriter::Notes{{{"frazil.short", text}}, {{"frazil.long", text}}};
  };
  ASSERT_TRUE(append.Prepare(table_, io_, kNow, notes));
  Append({File("theirs")});
  const auto attempt = append.Prepare(table_, io_, kNow, notes);
  ASSERT_TRUE(attempt) << attempt.error().message;
  const Snapshot snapshot = Commit(*attempt);
  EXPECT_THAT(snapshot.summary, AllOf(Contains(Pair("frazil.k", "v")), Contains(Pair("frazil.short", "2")),
                                      Not(Contains(Key("frazil.long")))));
  const auto header = ReadManifestListNotes(*io_.ReadAll(snapshot.manifest_list));
  ASSERT_TRUE(header) << header.error().message;
  EXPECT_THAT(*header, AllOf(Contains(Pair("frazil.long", "2")), Contains(Pair("sequence-number", "2"))));
  EXPECT_THAT(Manifests(snapshot), SizeIs(2));
}

TEST_F(SnapshotWriterTest, ALaterAttemptKeepsIdAndManifestAndWritesANewList) {
  SnapshotWriter append("main", AppendFiles({File("mine")}), {});
  const auto lost = Prepare(append);
  const auto other = Append({File("theirs")});
  ASSERT_EQ(CheckRequirements(&table_, lost.requirements).error().kind, ErrorKind::kCommitConflict);

  const auto won = Prepare(append);
  EXPECT_EQ(won.snapshot.snapshot_id, lost.snapshot.snapshot_id);
  EXPECT_NE(won.snapshot.manifest_list, lost.snapshot.manifest_list);
  EXPECT_EQ(won.snapshot.parent_snapshot_id, other.snapshot_id);
  EXPECT_EQ(won.snapshot.sequence_number, 2);
  Commit(won);
  const auto manifests = Manifests(won.snapshot);
  ASSERT_THAT(manifests, SizeIs(2));
  EXPECT_EQ(manifests[0].manifest_path, Manifests(lost.snapshot)[0].manifest_path);
  EXPECT_EQ(manifests[0].sequence_number, 2);
  EXPECT_EQ(Entries(manifests[0])[0].sequence_number, 2) << "inherited from the attempt that won";

  EXPECT_THAT(append.Unused(&won.snapshot, manifests), ElementsAre(lost.snapshot.manifest_list));
  EXPECT_THAT(append.Unused(nullptr, {}), SizeIs(3));
}

TEST_F(SnapshotWriterTest, ManifestsArePackedAsTheTableSays) {
  const auto codec_of = [&](const std::string& location) {
    const std::string bytes = *io_.ReadAll(location);
    return avro::ContainerReader::Open(bytes)->metadata().at("avro.codec");
  };
  for (const auto& [named, written] :
       {std::pair("", "deflate"), {"zstd", "zstandard"}, {"UNCOMPRESSED", "null"}, {"bzip2", "deflate"}}) {
    if (*named != '\0') table_.properties["write.avro.compression-codec"] = named;
    const Snapshot snapshot = Append({File(std::string("in-") + named)});
    EXPECT_EQ(codec_of(snapshot.manifest_list), written);
    EXPECT_EQ(codec_of(Manifests(snapshot)[0].manifest_path), written);
  }
}

TEST_F(SnapshotWriterTest, ManyManifestsAreMerged) {
  table_.properties["commit.manifest.min-count-to-merge"] = "3";
  const auto first = Append({File("a")});
  const auto second = Append({File("b")});
  EXPECT_THAT(Manifests(second), SizeIs(2));
  SnapshotWriter append("main", AppendFiles({File("c")}), {});
  const auto third = Commit(Prepare(append));
  const auto manifests = Manifests(third);
  ASSERT_THAT(manifests, SizeIs(1));
  EXPECT_EQ(manifests[0].added_files_count, 1);
  EXPECT_EQ(manifests[0].existing_files_count, 2);
  EXPECT_EQ(manifests[0].sequence_number, 3);
  EXPECT_EQ(manifests[0].min_sequence_number, 1);
  const auto entries = Entries(manifests[0]);
  ASSERT_THAT(Paths(entries), ElementsAre("c", "b", "a"));
  EXPECT_EQ(entries[0].status, EntryStatus::kAdded);
  EXPECT_EQ(entries[0].sequence_number, 3);
  EXPECT_EQ(entries[1].status, EntryStatus::kExisting);
  EXPECT_EQ(entries[1].snapshot_id, second.snapshot_id);
  EXPECT_EQ(entries[1].sequence_number, 2);
  EXPECT_EQ(entries[2].snapshot_id, first.snapshot_id);
  EXPECT_EQ(entries[2].sequence_number, 1);
  EXPECT_EQ(entries[2].file_sequence_number, 1);
  EXPECT_THAT(append.Unused(&third, manifests), SizeIs(1)) << "its own manifest went into the merged one";
}

TEST_F(SnapshotWriterTest, AMergeIsReusedWhileItsInputsStay) {
  table_.properties["commit.manifest.min-count-to-merge"] = "2";
  Append({File("a")});
  SnapshotWriter append("main", AppendFiles({File("b")}), {});
  const auto lost = Prepare(append);
  const auto won = Prepare(append);
  EXPECT_EQ(Manifests(won.snapshot)[0].manifest_path, Manifests(lost.snapshot)[0].manifest_path);
  Append({File("c")});
  const auto rebased = Commit(Prepare(append));
  EXPECT_THAT(Paths(Entries(Manifests(rebased)[0])), ElementsAre("b", "c", "a"));
}

TEST_F(SnapshotWriterTest, MergingCanBeTurnedOff) {
  table_.properties = {{"commit.manifest.min-count-to-merge", "2"}, {"commit.manifest-merge.enabled", "false"}};
  Append({File("a")});
  EXPECT_THAT(Manifests(Append({File("b")})), SizeIs(2));
}

TEST_F(SnapshotWriterTest, MergedManifestsForgetWhatWasDeletedBefore) {
  Append({File("a")});
  const auto entry = [&](EntryStatus status, const std::string& path) {
    ManifestEntry made;
    made.status = status;
    made.snapshot_id = table_.snapshots.back().snapshot_id;
    made.sequence_number = 1;
    made.file_sequence_number = 1;
    made.data_file = File(path);
    return made;
  };
  auto deletes = File("deletes");
  deletes.content = FileContent::kPositionDeletes;
  auto delete_entry = entry(EntryStatus::kExisting, "deletes");
  delete_entry.data_file = deletes;
  ReplaceManifests({OtherManifest("mem://m1", ManifestContent::kData,
                                  {entry(EntryStatus::kDeleted, "gone"), entry(EntryStatus::kExisting, "kept")}),
                    OtherManifest("mem://m2", ManifestContent::kData, {entry(EntryStatus::kDeleted, "gone too")}),
                    OtherManifest("mem://m3", ManifestContent::kDeletes, {delete_entry})});
  table_.properties["commit.manifest.min-count-to-merge"] = "2";
  const auto manifests = Manifests(Append({File("new")}));
  ASSERT_THAT(manifests, SizeIs(2));
  const auto& data = manifests[0].content == ManifestContent::kData ? manifests[0] : manifests[1];
  const auto& other = manifests[0].content == ManifestContent::kData ? manifests[1] : manifests[0];
  EXPECT_THAT(Paths(Entries(data)), ElementsAre("new", "kept"));
  EXPECT_EQ(data.deleted_files_count, 0);
  EXPECT_EQ(other.manifest_path, "mem://m3");
}

TEST_F(SnapshotWriterTest, EachSpecHasItsManifest) {
  Append({File("a")});
  auto evolved = ApplyUpdates(
      table_, "", {AddPartitionSpec{std::make_shared<const PartitionSpec>()}, SetDefaultSpec{kLastAdded}}, kNow);
  ASSERT_TRUE(evolved) << evolved.error().message;
  table_ = *evolved;
  const auto snapshot = Append({File("b"), File("c", {}, 1), File("d", {}, 1)});
  EXPECT_EQ(snapshot.summary.at("changed-partition-count"), "2");
  const auto manifests = Manifests(snapshot);
  EXPECT_THAT(manifests,
              UnorderedElementsAre(
                  Field(&ManifestFile::added_files_count, 1), Field(&ManifestFile::added_files_count, 1),
                  AllOf(Field(&ManifestFile::added_files_count, 2), Field(&ManifestFile::partition_spec_id, 1))));
}

TEST_F(SnapshotWriterTest, PartitionValuesFollowAWidenedColumn) {
  table_ = *MakeTableMetadata({.location = "mem://w",
                               .schema = {Column(1, "id", "int")},
                               .spec = {{.source_id = 1, .field_id = 0, .name = "id", .transform = {}}},
                               .sort_order = {},
                               .properties = {{"commit.manifest.min-count-to-merge", "2"}}},
                              kNow);
  auto narrow = File("narrow");
  narrow.partition = {int32_t{7}};
  Append({narrow});
  const auto wide_schema = std::make_shared<const Schema>(1, std::vector<iceberg::Field>{Column(1, "id", "long")});
  table_ = *ApplyUpdates(table_, "", {AddSchema{wide_schema, 1}, SetCurrentSchema{kLastAdded}}, kNow);
  auto wide = File("wide");
  wide.partition = {int64_t{8}};
  const auto manifests = Manifests(Append({wide}));
  ASSERT_THAT(manifests, SizeIs(1));
  const auto entries = Entries(manifests[0]);
  ASSERT_THAT(Paths(entries), ElementsAre("wide", "narrow"));
  EXPECT_EQ(entries[1].data_file.partition[0], Literal(int64_t{7}));
}

TEST_F(SnapshotWriterTest, Branches) {
  const auto main = Append({File("a")});
  table_ =
      *ApplyUpdates(table_, "", {SetSnapshotRef{"t", {.snapshot_id = main.snapshot_id, .is_branch = false}}}, kNow);
  const auto first = Append({File("b")}, "audit");
  EXPECT_EQ(first.parent_snapshot_id, main.snapshot_id) << "a new branch begins at main";
  EXPECT_EQ(table_.current_snapshot_id, main.snapshot_id);
  table_.refs["audit"].min_snapshots_to_keep = 7;
  const auto second = Append({File("c")}, "audit");
  EXPECT_EQ(second.parent_snapshot_id, first.snapshot_id);
  EXPECT_EQ(table_.refs.at("audit").snapshot_id, second.snapshot_id);
  EXPECT_EQ(table_.refs.at("audit").min_snapshots_to_keep, 7);
  EXPECT_EQ(second.summary.at("total-records"), "30");

  SnapshotWriter tag("t", NoFiles(), {});
  EXPECT_THAT(tag.Prepare(table_, io_, kNow).error().message, HasSubstr("is a tag"));
}

TEST_F(SnapshotWriterTest, Refuses) {
  SnapshotWriter unknown_spec("main", AppendFiles({File("a", {}, 9)}), {});
  EXPECT_THAT(unknown_spec.Prepare(table_, io_, kNow).error().message, HasSubstr("no partition spec 9"));
  for (const int version : {1, 4}) {
    auto table = table_;
    table.format_version = version;
    SnapshotWriter append("main", AppendFiles({File("a")}), {});
    EXPECT_EQ(append.Prepare(table, io_, kNow).error().kind, ErrorKind::kUnsupported);
  }
  Append({File("a")});
  ASSERT_TRUE(io_.Delete(table_.snapshots.back().manifest_list));
  SnapshotWriter append("main", AppendFiles({File("b")}), {});
  EXPECT_THAT(append.Prepare(table_, io_, kNow).error().message, HasSubstr(table_.snapshots.back().manifest_list));
  EXPECT_THAT(append.Unused(nullptr, {}), IsEmpty()) << "nothing is written before the base is known";
}

TEST_F(SnapshotWriterTest, RowsOfVersionThreeHaveIds) {
  table_ = *ApplyUpdates(table_, "", {UpgradeFormatVersion{3}}, kNow);
  table_.properties["commit.manifest.min-count-to-merge"] = "3";
  const Snapshot first = Append({File("a"), File("b")});
  EXPECT_EQ(first.first_row_id, 0);
  EXPECT_EQ(first.added_rows, 20);
  EXPECT_EQ(table_.next_row_id, 20);
  const Snapshot second = Append({File("c")});
  EXPECT_EQ(second.first_row_id, 20);
  EXPECT_EQ(second.added_rows, 10);
  EXPECT_THAT(Manifests(second),
              ElementsAre(Field(&ManifestFile::first_row_id, 20), Field(&ManifestFile::first_row_id, 0)));

  SnapshotWriter refused("main", AppendFiles({File("e")}), {});
  Prepare(refused);
  // The third merges: what was there keeps its ids.
  const Snapshot third = Append({File("d")});
  EXPECT_EQ(third.first_row_id, 30);
  std::map<std::string, std::optional<int64_t>> ids;
  for (const auto& manifest : Manifests(third)) {
    for (const auto& entry : Entries(manifest)) ids[entry.data_file.file_path] = entry.data_file.first_row_id;
  }
  EXPECT_THAT(ids, ElementsAre(Pair("a", 0), Pair("b", 10), Pair("c", 20), Pair("d", 30)));
  EXPECT_EQ(table_.next_row_id, 30 + *third.added_rows);

  const Snapshot rebased = Commit(Prepare(refused));
  EXPECT_EQ(rebased.first_row_id, 30 + *third.added_rows) << "the ids of the base that it is tried on";
  EXPECT_EQ(Manifests(rebased)[0].first_row_id, rebased.first_row_id);
  const Snapshot rowless = Append({});
  EXPECT_EQ(rowless.added_rows, 0);
}

TEST_F(SnapshotWriterTest, RowsOfAnUpgradedTableKeepTheIdsThatARivalGaveThem) {
  Append({File("a")});
  Append({File("b")});
  table_ = *ApplyUpdates(table_, "", {UpgradeFormatVersion{3}}, kNow);
  table_.properties["commit.manifest.min-count-to-merge"] = "3";
  SnapshotWriter late("main", AppendFiles({File("c")}), {});
  Prepare(late);  // merges manifests that give no ids yet
  table_.properties["commit.manifest-merge.enabled"] = "false";
  Append({});  // which gives the manifests that are there their first
  table_.properties.erase("commit.manifest-merge.enabled");
  const auto ids = [&](const Snapshot& snapshot) {
    std::map<std::string, std::optional<int64_t>> found;
    for (const auto& manifest : Manifests(snapshot)) {
      for (const auto& entry : Entries(manifest)) found[entry.data_file.file_path] = entry.data_file.first_row_id;
    }
    return found;
  };
  const auto before = ids(table_.snapshots.back());
  EXPECT_THAT(before, ElementsAre(Pair("a", 10), Pair("b", 0)));
  auto after = ids(Commit(Prepare(late)));
  EXPECT_EQ(after.at("c"), 20);
  after.erase("c");
  EXPECT_EQ(after, before);
}

}  // namespace
}  // namespace frazil::iceberg
