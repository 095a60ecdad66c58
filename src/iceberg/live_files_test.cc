#include "iceberg/live_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "iceberg/snapshot_manifests.h"
#include "iceberg/snapshot_writer.h"
#include "iceberg/table_update.h"
#include "io/memory_file_io.h"

namespace frazil::iceberg {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

constexpr int64_t kNow = 1'700'000'000'000;

// Counts what is read of it.
class CountingFileIo : public io::FileIo {
 public:
  Result<std::unique_ptr<io::OutputFile>> Create(const std::string& location) override {
    return files_.Create(location);
  }
  Result<std::unique_ptr<io::InputFile>> Open(const std::string& location) override {
    ++reads_;
    if (location == lost_) return Fail(ErrorKind::kUnavailable, "{} is not to be had", location);
    return files_.Open(location);
  }
  Result<bool> Exists(const std::string& location) override { return files_.Exists(location); }
  Status Delete(const std::string& location) override { return files_.Delete(location); }
  Status Replace(const std::string& location, std::string_view bytes) override {
    return files_.Replace(location, bytes);
  }

  io::MemoryFileIo files_;
  int reads_ = 0;
  std::string lost_;
};

class LiveFilesTest : public ::testing::Test {
 protected:
  LiveFilesTest() {
    const auto column = [](int32_t id, std::string name, std::string_view type) {
      return iceberg::Field{.id = id, .name = std::move(name), .type = *ParsePrimitiveType(type)};
    };
    table_ = *MakeTableMetadata({.location = "mem://t",
                                 .schema = {column(1, "id", "int"), column(2, "city", "string")},
                                 .spec = {{.source_id = 2, .field_id = 0, .name = "city", .transform = {}}},
                                 .sort_order = {},
                                 .properties = {},
                                 .format_version = 3},
                                kNow);
  }

  static DataFile File(const std::string& path, const std::string& city = "oslo",
                       FileContent content = FileContent::kData) {
    DataFile file;
    file.content = content;
    file.file_path = path;
    file.partition = {Literal(city)};
    file.record_count = 10;
    file.file_size_in_bytes = 1000;
    return file;
  }
  static DataFile Vector(const std::string& of, int64_t offset) {
    DataFile file = File("v.puffin", "oslo", FileContent::kPositionDeletes);
    file.referenced_data_file = of;
    file.content_offset = offset;
    file.content_size_in_bytes = 40;
    return file;
  }

  void Commit(FileChangePtr change) {
    SnapshotWriter writer("main", std::move(change));
    const auto attempt = writer.Prepare(table_, io_, kNow);
    ASSERT_TRUE(attempt) << attempt.error().message;
    table_ = *ApplyUpdates(table_, "", attempt->updates, kNow);
  }
  void Append(std::vector<DataFile> files) { Commit(AppendFiles(std::move(files))); }

  Result<LiveFiles::Changes> TryFollow() {
    const Snapshot* head = table_.RefHead("main");
    const auto manifests = ManifestsOf(*head, io_);
    EXPECT_TRUE(manifests);
    io_.reads_ = 0;
    return live_.Follow({table_, head, *manifests, io_});
  }
  LiveFiles::Changes Follow() {
    auto changes = TryFollow();
    EXPECT_TRUE(changes) << changes.error().message;
    return changes ? *changes : LiveFiles::Changes{};
  }

  static std::vector<std::string> Names(const std::vector<LiveFilePtr>& files) {
    std::vector<std::string> names;
    for (const auto& file : files) {
      names.push_back(file->path + (file->content_offset ? std::to_string(*file->content_offset) : ""));
    }
    return names;
  }
  std::vector<std::string> DeletesOf(const std::string& path) const {
    return Names(live_.DeletesOf(*live_.Find(path)));
  }

  CountingFileIo io_;
  TableMetadata table_;
  LiveFiles live_;
};

TEST_F(LiveFilesTest, ReadsOnlyManifestsThatItHasNotSeen) {
  Append({File("a"), File("b", "bergen")});
  EXPECT_THAT(Names(Follow().came), ElementsAre("a", "b"));
  Append({File("c")});
  Append({File("d")});
  const auto changes = Follow();
  EXPECT_THAT(Names(changes.came), ElementsAre("c", "d"));
  EXPECT_THAT(changes.went, IsEmpty());
  EXPECT_EQ(io_.reads_, 2);
  EXPECT_THAT(Follow().came, IsEmpty());
  EXPECT_EQ(io_.reads_, 0);
  EXPECT_THAT(Names(live_.InPartition(PartitionKey(0, {Literal("oslo")}))), ElementsAre("a", "c", "d"));
  EXPECT_EQ(live_.Find("d")->sequence_number, 3);
  EXPECT_EQ(live_.Find("d")->records, 10);
  EXPECT_EQ(live_.Find("x"), nullptr);
}

TEST_F(LiveFilesTest, WhatMovesToAnotherManifestStays) {
  Append({File("a")});
  Append({File("b")});
  Follow();
  table_.properties["commit.manifest.min-count-to-merge"] = "2";
  Append({File("c")});
  const auto changes = Follow();
  EXPECT_THAT(Names(changes.came), ElementsAre("c"));
  EXPECT_THAT(changes.went, IsEmpty());
  EXPECT_THAT(live_.DataFiles(), SizeIs(3));
}

TEST_F(LiveFilesTest, FollowsWhateverTheBaseIs) {
  Append({File("a"), File("b")});
  const TableMetadata before = table_;
  Commit(OverwriteFiles({{"a"}}, {File("c")}));
  Follow();
  EXPECT_EQ(live_.Find("a"), nullptr);
  const TableMetadata after = table_;
  table_ = before;  // rolled back
  const auto back = Follow();
  EXPECT_THAT(Names(back.came), ElementsAre("a"));
  EXPECT_THAT(Names(back.went), ElementsAre("c"));
  table_ = after;
  EXPECT_THAT(Names(Follow().went), ElementsAre("a"));
}

TEST_F(LiveFilesTest, TellsWhichDeletesApply) {
  Append({File("a"), File("b"), File("c", "bergen")});
  Follow();
  Append({Vector("a", 4), Vector("b", 44)});
  const auto changes = Follow();
  EXPECT_THAT(changes.came, IsEmpty());
  EXPECT_THAT(Names(changes.redeleted), ElementsAre("a", "b"));
  EXPECT_THAT(DeletesOf("a"), ElementsAre("v.puffin4"));
  EXPECT_EQ(live_.DeletesOf(*live_.Find("a"))[0]->of, "a");
  EXPECT_THAT(DeletesOf("c"), IsEmpty());
  EXPECT_EQ(live_.delete_files(), 2U);
  // Of the partition: position deletes reach data of their own commit, equality deletes only what is older.
  Append({File("d"), File("p", "oslo", FileContent::kPositionDeletes)});
  DataFile equality = File("e", "oslo", FileContent::kEqualityDeletes);
  equality.equality_ids = {1};
  Append({File("f"), equality});
  EXPECT_THAT(Names(Follow().redeleted), ElementsAre("a", "b"));
  EXPECT_THAT(DeletesOf("a"), UnorderedElementsAre("v.puffin4", "p", "e"));
  EXPECT_THAT(DeletesOf("d"), UnorderedElementsAre("p", "e"));
  EXPECT_THAT(DeletesOf("f"), IsEmpty());
  EXPECT_THAT(DeletesOf("c"), IsEmpty());
  // A vector goes with its data file.
  Commit(OverwriteFiles({{"a"}}, {}));
  EXPECT_THAT(Names(Follow().went), ElementsAre("a"));
  EXPECT_EQ(live_.delete_files(), 3U);
}

TEST_F(LiveFilesTest, PositionDeletesMayTellByTheirBoundsThatTheyAreOfOneFile) {
  Append({File("a"), File("b")});
  DataFile deletes = File("p", "oslo", FileContent::kPositionDeletes);
  deletes.lower_bounds[2147483546] = deletes.upper_bounds[2147483546] = "b";
  Append({deletes});
  Follow();
  EXPECT_THAT(DeletesOf("a"), IsEmpty());
  EXPECT_THAT(DeletesOf("b"), ElementsAre("p"));
}

TEST_F(LiveFilesTest, EqualityDeletesWithoutPartitionAreOfAll) {
  table_ = *ApplyUpdates(table_, "",
                         {AddPartitionSpec{std::make_shared<const PartitionSpec>()}, SetDefaultSpec{kLastAdded}}, kNow);
  Append({File("a"), File("c", "bergen")});
  Follow();
  DataFile equality = File("e", "", FileContent::kEqualityDeletes);
  equality.spec_id = 1;
  equality.partition.clear();
  equality.equality_ids = {1};
  Append({equality});
  EXPECT_THAT(Names(Follow().redeleted), ElementsAre("a", "c"));
  EXPECT_THAT(DeletesOf("c"), ElementsAre("e"));
}

TEST_F(LiveFilesTest, WhatStandsTwiceGoesWithItsLastEntry) {
  Append({File("a"), File("b")});
  const TableMetadata once = table_;
  Append({File("a")});
  Follow();
  EXPECT_EQ(live_.data_files(), 2U);
  table_ = once;
  const auto changes = Follow();
  EXPECT_EQ(live_.data_files(), 2U);
  EXPECT_NE(live_.Find("a"), nullptr);
}

TEST_F(LiveFilesTest, AnErrorLeavesWhatWasKnown) {
  Append({File("a")});
  Follow();
  Append({File("b")});
  Append({File("c")});
  io_.lost_ = ManifestsOf(*table_.RefHead("main"), io_)->at(1).manifest_path;
  EXPECT_EQ(TryFollow().error().kind, ErrorKind::kUnavailable);
  EXPECT_THAT(Names(live_.DataFiles()), ElementsAre("a"));
  io_.lost_.clear();
  EXPECT_THAT(Names(Follow().came), ElementsAre("b", "c"));
}

}  // namespace
}  // namespace frazil::iceberg
