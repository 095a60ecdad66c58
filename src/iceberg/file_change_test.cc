#include "iceberg/file_change.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "iceberg/snapshot_writer_test_support.h"

namespace frazil::iceberg {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Key;
using ::testing::Not;
using ::testing::Pair;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

TEST_F(SnapshotWriterTest, DeleteFilesAreCountedAndGoWithTheirDataFile) {
  table_ = *ApplyUpdates(table_, "", {UpgradeFormatVersion{3}}, kNow);
  const auto vector = [](const std::string& of, int64_t offset) {
    DataFile made = File("vectors.puffin");
    made.content = FileContent::kPositionDeletes;
    made.file_format = "PUFFIN";
    made.record_count = 2;
    made.referenced_data_file = of;
    made.content_offset = offset;
    made.content_size_in_bytes = 40;
    return made;
  };
  Append({File("a"), File("b")});
  const Snapshot deleted = Append({vector("a", 4), vector("b", 44)});
  EXPECT_EQ(deleted.operation(), "delete");
  EXPECT_THAT(deleted.summary,
              AllOf(Contains(Pair("added-delete-files", "2")), Contains(Pair("added-dvs", "2")),
                    Contains(Pair("added-position-deletes", "4")), Contains(Pair("added-files-size", "80")),
                    Contains(Pair("total-delete-files", "2")), Contains(Pair("total-position-deletes", "4")),
                    Contains(Pair("total-records", "20"))));
  EXPECT_EQ(deleted.added_rows, 0) << "delete files have no rows of their own";
  const auto live = [&](const Snapshot& snapshot) {
    std::vector<std::string> files;
    for (const auto& manifest : Manifests(snapshot)) {
      for (const auto& entry : Entries(manifest)) {
        if (entry.status == EntryStatus::kDeleted) continue;
        files.push_back(entry.data_file.file_path + entry.data_file.referenced_data_file.value_or(""));
      }
    }
    return files;
  };
  SnapshotWriter removal("main", OverwriteFiles({{"a"}}, {}));
  const Snapshot removed = Commit(Prepare(removal));
  EXPECT_EQ(removed.operation(), "delete");
  EXPECT_THAT(live(removed), UnorderedElementsAre("b", "vectors.puffinb"));
  EXPECT_THAT(removed.summary, AllOf(Contains(Pair("removed-dvs", "1")), Contains(Pair("total-delete-files", "1")),
                                     Contains(Pair("deleted-records", "10"))));
  // One vector takes the place of another in the same file.
  SnapshotWriter replaced("main", OverwriteFiles({{"vectors.puffin", 44}}, {vector("b", 84)}));
  EXPECT_EQ(replaced.Prepare(table_, io_, kNow).error().kind, ErrorKind::kFenced) << "as with data files";
}

// What comes and goes is another on each base.
class ByBase : public FileChange {
 public:
  Result<const FileDelta*> On(const ChangeBase& base) override {
    delta_ = {};
    delta_.added = {File(base.manifests.size())};
    for (const ManifestFile& manifest : base.manifests) {
      const auto entries = *ReadManifest(*base.io.ReadAll(manifest.manifest_path), manifest);
      for (const ManifestEntry& entry : entries) {
        if (entry.status != EntryStatus::kDeleted) delta_.removed.insert(KeyOf(entry.data_file));
      }
    }
    return &delta_;
  }
  bool has_files() const override { return true; }

 private:
  static DataFile File(size_t manifests) {
    DataFile file;
    file.file_path = "in-the-place-of-" + std::to_string(manifests);
    file.partition = {Literal("oslo")};
    file.record_count = 1;
    file.file_size_in_bytes = 1;
    return file;
  }
  FileDelta delta_;
};

TEST_F(SnapshotWriterTest, AChangeIsFoundOutAnewOnEachBase) {
  Append({File("a")});
  SnapshotWriter writer("main", std::make_unique<ByBase>());
  Prepare(writer);
  Append({File("b")});
  const Snapshot snapshot = Commit(Prepare(writer));
  EXPECT_EQ(snapshot.summary.at("total-records"), "1");
  EXPECT_EQ(snapshot.summary.at("deleted-data-files"), "2");
  std::vector<std::string> live;
  for (const auto& manifest : Manifests(snapshot)) {
    for (const auto& entry : Entries(manifest)) {
      if (entry.status != EntryStatus::kDeleted) live.push_back(entry.data_file.file_path);
    }
  }
  EXPECT_THAT(live, ElementsAre("in-the-place-of-2"));
}

TEST_F(SnapshotWriterTest, FilesGoAndTheRestOfTheirManifestsStays) {
  Append({File("a"), File("b"), File("c", "bergen")});
  Append({File("d")});
  SnapshotWriter overwrite("main", OverwriteFiles({{"a"}, {"d"}}, {File("e")}));
  const Snapshot snapshot = Commit(Prepare(overwrite));
  EXPECT_EQ(snapshot.operation(), "overwrite");
  EXPECT_THAT(snapshot.summary,
              AllOf(Contains(Pair("added-records", "10")), Contains(Pair("deleted-data-files", "2")),
                    Contains(Pair("deleted-records", "20")), Contains(Pair("removed-files-size", "2000")),
                    Contains(Pair("total-data-files", "3")), Contains(Pair("total-records", "30")),
                    Contains(Pair("changed-partition-count", "1"))));
  std::map<std::string, ManifestEntry> entries;
  for (const auto& manifest : Manifests(snapshot)) {
    for (auto& entry : Entries(manifest)) entries[entry.data_file.file_path] = entry;
  }
  ASSERT_THAT(entries, SizeIs(5));
  for (const char* gone : {"a", "d"}) {
    EXPECT_EQ(entries.at(gone).status, EntryStatus::kDeleted);
    EXPECT_EQ(entries.at(gone).snapshot_id, snapshot.snapshot_id);
  }
  EXPECT_EQ(entries.at("a").sequence_number, 1) << "its own";
  EXPECT_EQ(entries.at("d").sequence_number, 2);
  for (const char* stays : {"b", "c"}) {
    EXPECT_EQ(entries.at(stays).status, EntryStatus::kExisting);
    EXPECT_EQ(entries.at(stays).sequence_number, 1);
  }
  EXPECT_EQ(entries.at("e").status, EntryStatus::kAdded);
  EXPECT_EQ(entries.at("e").sequence_number, 3);

  const Snapshot next = Append({File("f")});
  std::vector<std::string> live;
  for (const auto& manifest : Manifests(next)) {
    for (auto& entry : Entries(manifest)) {
      if (entry.status != EntryStatus::kDeleted) live.push_back(entry.data_file.file_path);
    }
  }
  EXPECT_THAT(live, UnorderedElementsAre("b", "c", "e", "f"));
  EXPECT_EQ(next.summary.at("total-records"), "40");
}

TEST_F(SnapshotWriterTest, AFileThatIsGoneAlreadyIsNamed) {
  Append({File("a")});
  SnapshotWriter overwrite("main", OverwriteFiles({{"a"}, {"z"}}, {}));
  const auto attempt = overwrite.Prepare(table_, io_, kNow);
  ASSERT_FALSE(attempt.has_value());
  EXPECT_EQ(attempt.error().kind, ErrorKind::kFenced);
  EXPECT_THAT(attempt.error().message, HasSubstr("data file z is not in main any more, or not twice"));
}

TEST_F(SnapshotWriterTest, ALaterAttemptWritesARemainderOnce) {
  Append({File("a"), File("b")});
  SnapshotWriter overwrite("main", OverwriteFiles({{"a"}}, {File("c")}));
  const auto refused = Prepare(overwrite);
  Append({File("d")});
  const Snapshot snapshot = Commit(Prepare(overwrite));
  std::set<std::string> paths;
  for (const auto& manifest : Manifests(refused.snapshot)) paths.insert(manifest.manifest_path);
  int reused = 0;
  for (const auto& manifest : Manifests(snapshot)) reused += paths.contains(manifest.manifest_path) ? 1 : 0;
  EXPECT_EQ(reused, 2) << "the new file's manifest, and what is left of that of a and b";
  EXPECT_EQ(snapshot.summary.at("total-records"), "30");
}

TEST_F(SnapshotWriterTest, OfWhatStandsTwiceOneEntryStays) {
  Append({File("a"), File("b")});
  Append({File("a"), File("c")});
  SnapshotWriter once("main", RemoveSurplus({{"a"}}));
  const Snapshot snapshot = Commit(Prepare(once));
  EXPECT_EQ(snapshot.operation(), "replace");
  EXPECT_EQ(snapshot.summary.at("total-records"), "30");
  EXPECT_THAT(snapshot.summary, Not(Contains(Key("deleted-data-files"))));
  std::vector<std::string> live;
  for (const auto& manifest : Manifests(snapshot)) {
    for (const auto& entry : Entries(manifest)) {
      EXPECT_NE(entry.status, EntryStatus::kDeleted) << "expiry would delete " << entry.data_file.file_path;
      live.push_back(entry.data_file.file_path);
    }
  }
  EXPECT_THAT(live, UnorderedElementsAre("a", "b", "c"));
  SnapshotWriter again("main", RemoveSurplus({{"a"}}));
  EXPECT_EQ(again.Prepare(table_, io_, kNow).error().kind, ErrorKind::kFenced);
}

TEST_F(SnapshotWriterTest, FilesThatDeleteFilesMayBeOfAreNotReplaced) {
  const Snapshot snapshot = Append({File("a")});
  DataFile deletes = File("a-deletes");
  deletes.content = FileContent::kPositionDeletes;
  std::vector<ManifestFile> manifests = Manifests(snapshot);
  manifests.push_back(OtherManifest("mem://deletes.avro", ManifestContent::kDeletes,
                                    {{.status = EntryStatus::kAdded,
                                      .snapshot_id = snapshot.snapshot_id,
                                      .sequence_number = {},
                                      .file_sequence_number = {},
                                      .data_file = deletes}}));
  ReplaceManifests(manifests);
  SnapshotWriter overwrite("main", OverwriteFiles({{"a"}}, {File("b")}));
  EXPECT_EQ(overwrite.Prepare(table_, io_, kNow).error().kind, ErrorKind::kFenced);
  SnapshotWriter removal("main", OverwriteFiles({{"a"}}, {}));
  EXPECT_TRUE(removal.Prepare(table_, io_, kNow).has_value());
}

}  // namespace
}  // namespace frazil::iceberg
