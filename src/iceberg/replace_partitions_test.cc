#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "iceberg/live_files.h"
#include "iceberg/snapshot_manifests.h"
#include "iceberg/snapshot_writer.h"
#include "iceberg/table_update.h"
#include "io/memory_file_io.h"

namespace frazil::iceberg {
namespace {

using ::testing::HasSubstr;
using ::testing::UnorderedElementsAre;

constexpr int64_t kNow = 1'700'000'000'000;

class ReplacePartitionsTest : public ::testing::Test {
 protected:
  ReplacePartitionsTest() : table_(Table({{.source_id = 2, .field_id = 0, .name = "city", .transform = {}}})) {}

  static TableMetadata Table(std::vector<PartitionField> spec) {
    const auto column = [](int32_t id, std::string name, std::string_view type) {
      return iceberg::Field{.id = id, .name = std::move(name), .type = *ParsePrimitiveType(type)};
    };
    return *MakeTableMetadata({.location = "mem://t",
                               .schema = {column(1, "id", "int"), column(2, "city", "string")},
                               .spec = std::move(spec),
                               .sort_order = {},
                               .properties = {}},
                              kNow);
  }
  DataFile File(const std::string& path, const std::string& city = "oslo") const {
    DataFile file;
    file.file_path = path;
    file.spec_id = table_.default_spec_id;
    if (!table_.spec()->unpartitioned()) file.partition = {Literal(city)};
    file.record_count = 10;
    file.file_size_in_bytes = 1000;
    return file;
  }
  DataFile Deletes(const std::string& path, const std::string& city = "oslo") const {
    DataFile file = File(path, city);
    file.content = FileContent::kPositionDeletes;
    return file;
  }

  Result<Snapshot> Try(SnapshotWriter& writer) {
    auto attempt = writer.Prepare(table_, io_, kNow);
    if (!attempt) return tl::unexpected<Error>(attempt.error());
    table_ = *ApplyUpdates(table_, "", attempt->updates, kNow);
    return attempt->snapshot;
  }
  Result<Snapshot> Commit(FileChangePtr change) {
    SnapshotWriter writer("main", std::move(change));
    return Try(writer);
  }
  void Append(std::vector<DataFile> files) { ASSERT_TRUE(Commit(AppendFiles(std::move(files)))); }
  Result<Snapshot> Replace(std::vector<DataFile> files) {
    return Commit(ReplacePartitions(std::move(files), table_.last_sequence_number, live_));
  }
  std::vector<std::string> Live() {
    std::vector<std::string> paths;
    EXPECT_TRUE(VisitLiveEntries(*table_.RefHead("main"), io_, [&](const ManifestEntry& entry) -> Status {
      paths.push_back(entry.data_file.file_path);
      return {};
    }));
    return paths;
  }

  io::MemoryFileIo io_;
  TableMetadata table_;
  const std::shared_ptr<LiveFiles> live_ = std::make_shared<LiveFiles>();
};

TEST_F(ReplacePartitionsTest, TouchedPartitionsAreReplacedAndOthersStay) {
  Append({File("a"), File("b"), File("c", "bergen")});
  Append({File("d"), Deletes("p"), Deletes("q", "bergen")});
  const auto snapshot = Replace({File("new"), File("first", "lima")});
  ASSERT_TRUE(snapshot) << snapshot.error().message;
  EXPECT_THAT(Live(), UnorderedElementsAre("new", "first", "c", "q"));
  EXPECT_EQ(snapshot->operation(), "overwrite");
  EXPECT_EQ(snapshot->summary.at("frazil.replaced"), "30");
  EXPECT_EQ(snapshot->summary.at("deleted-records"), "30");
  EXPECT_EQ(snapshot->summary.at("total-records"), "30");
  const auto again = Replace({File("newer")});
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(again->summary.at("frazil.replaced"), "10");
  EXPECT_THAT(Live(), UnorderedElementsAre("newer", "first", "c", "q"));
}

TEST_F(ReplacePartitionsTest, WithoutPartitionsTheWholeTableIs) {
  table_ = Table({});
  Append({File("a"), File("b")});
  Append({Deletes("p")});
  ASSERT_TRUE(Replace({File("new")}));
  EXPECT_THAT(Live(), UnorderedElementsAre("new"));
}

TEST_F(ReplacePartitionsTest, NothingGoesWhereNothingComes) {
  table_ = Table({});
  Append({File("a")});
  const auto snapshot = Replace({});
  ASSERT_TRUE(snapshot);
  EXPECT_EQ(snapshot->operation(), "append");
  EXPECT_THAT(Live(), UnorderedElementsAre("a"));
}

TEST_F(ReplacePartitionsTest, WhatAnotherAddsMeanwhileIsNotReplaced) {
  Append({File("a"), File("b", "bergen")});
  SnapshotWriter writer("main", ReplacePartitions({File("new")}, table_.last_sequence_number, live_));
  ASSERT_TRUE(writer.Prepare(table_, io_, kNow));
  // Elsewhere it may.
  Append({File("c", "bergen")});
  auto rebased = writer.Prepare(table_, io_, kNow);
  ASSERT_TRUE(rebased) << rebased.error().message;
  Append({File("late")});
  rebased = writer.Prepare(table_, io_, kNow);
  ASSERT_FALSE(rebased);
  EXPECT_EQ(rebased.error().kind, ErrorKind::kInvalidArgument);
  EXPECT_THAT(rebased.error().message, HasSubstr("another writer has added late with 10 rows"));
}

TEST_F(ReplacePartitionsTest, WhatAnotherTookAwayMeanwhileIsNotMissed) {
  Append({File("a"), File("b")});
  SnapshotWriter writer("main", ReplacePartitions({File("new")}, table_.last_sequence_number, live_));
  ASSERT_TRUE(writer.Prepare(table_, io_, kNow));
  ASSERT_TRUE(Commit(OverwriteFiles({{"a"}}, {})));
  const auto snapshot = Try(writer);
  ASSERT_TRUE(snapshot) << snapshot.error().message;
  EXPECT_EQ(snapshot->summary.at("frazil.replaced"), "10");
  EXPECT_THAT(Live(), UnorderedElementsAre("new"));
}

TEST_F(ReplacePartitionsTest, FilesOfAnotherSpecAreNamed) {
  Append({File("old")});
  table_ = *ApplyUpdates(table_, "",
                         {AddPartitionSpec{std::make_shared<const PartitionSpec>(
                              PartitionSpec{0, {{.source_id = 1, .field_id = 1001, .name = "id", .transform = {}}}})},
                          SetDefaultSpec{kLastAdded}},
                         kNow);
  DataFile file = File("new");
  file.partition = {Literal(int32_t{1})};
  const auto refused = Replace({file});
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr("data file old was written under partition spec 0"));
}

}  // namespace
}  // namespace frazil::iceberg
