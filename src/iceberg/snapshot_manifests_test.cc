#include "iceberg/snapshot_manifests.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "iceberg/metadata_json.h"
#include "iceberg/snapshot_writer.h"
#include "io/memory_file_io.h"

namespace frazil::iceberg {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

// A v1 table as the specification's oldest writers left it: no table-uuid, no refs, and a snapshot that names its
// manifests itself and says nothing more.
constexpr char kMetadata[] = R"json({
  "format-version": 1, "location": "mem://t", "last-updated-ms": 4, "last-column-id": 1,
  "schema": {"type": "struct", "fields": [{"id": 1, "name": "city", "type": "string", "required": false}]},
  "partition-spec": [{"source-id": 1, "field-id": 1000, "name": "city", "transform": "identity"}],
  "partition-specs": [{"spec-id": 0, "fields": []},
    {"spec-id": 7, "fields": [{"source-id": 1, "field-id": 1000, "name": "city", "transform": "identity"}]}],
  "default-spec-id": 7, "current-snapshot-id": 12,
  "snapshots": [{"snapshot-id": 12, "timestamp-ms": 4, "manifests": ["mem://t/m0.avro", "mem://t/m1.avro"]}]})json";

class SnapshotManifestsTest : public testing::Test {
 protected:
  void SetUp() override {
    auto table = ParseTableMetadata(kMetadata);
    ASSERT_TRUE(table) << table.error().message;
    table_ = **table;
    Write("mem://t/m0.avro", 7, {Entry(EntryStatus::kAdded, "a", 12), Entry(EntryStatus::kExisting, "b", 11)});
    Write("mem://t/m1.avro", 0, {Entry(EntryStatus::kExisting, "c", 10), Entry(EntryStatus::kDeleted, "d", 11)});
  }

  static ManifestEntry Entry(EntryStatus status, const std::string& path, int64_t snapshot_id) {
    ManifestEntry entry;
    entry.status = status;
    entry.snapshot_id = snapshot_id;
    if (status != EntryStatus::kAdded) entry.sequence_number = entry.file_sequence_number = 0;
    entry.data_file.file_path = path;
    entry.data_file.record_count = 10;
    entry.data_file.file_size_in_bytes = 100;
    return entry;
  }

  void Write(const std::string& path, int32_t spec_id, std::vector<ManifestEntry> entries) {
    const ManifestContext context{
        .format_version = 2, .schema = table_.schema(), .spec = table_.FindSpec(spec_id), .snapshot_id = 12};
    for (auto& entry : entries) {
      entry.data_file.spec_id = spec_id;
      if (spec_id == 7) entry.data_file.partition = {Literal(std::string("oslo"))};
    }
    const auto written = WriteManifest(context, entries);
    ASSERT_TRUE(written) << written.error().message;
    ASSERT_TRUE(io_.WriteAll(path, written->bytes));
  }

  io::MemoryFileIo io_;
  TableMetadata table_;
};

TEST_F(SnapshotManifestsTest, OfASnapshotThatNamesThemItself) {
  const auto manifests = ManifestsOf(table_.snapshots[0], io_);
  ASSERT_TRUE(manifests) << manifests.error().message;
  ASSERT_THAT(*manifests, SizeIs(2));
  const ManifestFile& one = (*manifests)[0];
  EXPECT_EQ(one.manifest_path, "mem://t/m0.avro");
  EXPECT_EQ(one.manifest_length, static_cast<int64_t>(io_.ReadAll("mem://t/m0.avro")->size()));
  EXPECT_EQ(one.partition_spec_id, 7) << "as the manifest says";
  EXPECT_EQ(one.sequence_number, 0);
  EXPECT_EQ(one.added_snapshot_id, 12);
  EXPECT_EQ(one.added_files_count, 1);
  EXPECT_EQ(one.added_rows_count, 10);
  EXPECT_EQ(one.existing_files_count, 1);
  EXPECT_EQ(one.existing_rows_count, 10);
  EXPECT_EQ(one.deleted_files_count, 0);
  const ManifestFile& other = (*manifests)[1];
  EXPECT_EQ(other.partition_spec_id, 0);
  EXPECT_EQ(other.added_snapshot_id, 11);
  EXPECT_EQ(other.existing_files_count, 1);
  EXPECT_EQ(other.deleted_files_count, 1);
  EXPECT_EQ(other.deleted_rows_count, 10);
  const auto entries = ReadManifest(*io_.ReadAll(one.manifest_path), one);
  ASSERT_TRUE(entries) << entries.error().message;
  EXPECT_EQ((*entries)[1].data_file.spec_id, 7);
}

TEST_F(SnapshotManifestsTest, AnAppendAfterTheUpgradeKeepsThem) {
  table_.format_version = 2;
  table_.table_uuid = "9c12d441-03fe-4693-9a96-a0705ddf69c1";
  ManifestEntry entry = Entry(EntryStatus::kAdded, "e", 13);
  entry.data_file.spec_id = 7;
  entry.data_file.partition = {Literal(std::string("oslo"))};
  SnapshotWriter append("main", AppendFiles({entry.data_file}), {});
  const auto attempt = append.Prepare(table_, io_, 5);
  ASSERT_TRUE(attempt) << attempt.error().message;
  const auto manifests = ManifestsOf(attempt->snapshot, io_);
  ASSERT_TRUE(manifests) << manifests.error().message;
  ASSERT_THAT(*manifests, SizeIs(3));
  int64_t files = 0;
  for (const auto& manifest : *manifests) files += manifest.added_files_count + manifest.existing_files_count;
  EXPECT_EQ(files, 4);
}

TEST_F(SnapshotManifestsTest, OneThatIsGoneIsNamed) {
  ASSERT_TRUE(io_.Delete("mem://t/m1.avro"));
  EXPECT_THAT(ManifestsOf(table_.snapshots[0], io_).error().message, HasSubstr("mem://t/m1.avro"));
}

}  // namespace
}  // namespace frazil::iceberg
