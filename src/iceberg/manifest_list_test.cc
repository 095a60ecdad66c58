#include <gmock/gmock.h>

#include <limits>

#include "avro/container.h"
#include "iceberg/manifest.h"

namespace frazil::iceberg {
namespace {

using ::testing::HasSubstr;

constexpr int64_t kSnapshot = 8744736658442914487;

TEST(ManifestList, EveryFieldComesBack) {
  ManifestFile mine;
  mine.manifest_path = "s3://bucket/m1.avro";
  mine.manifest_length = 1234;
  mine.sequence_number = kUnassignedSequence;
  mine.min_sequence_number = kUnassignedSequence;
  mine.added_snapshot_id = kSnapshot;
  mine.added_files_count = 3;
  mine.added_rows_count = int64_t{1} << 40;
  ManifestFile older;
  older.manifest_path = "s3://bucket/m0.avro";
  older.manifest_length = 99;
  older.partition_spec_id = 1;
  older.content = ManifestContent::kDeletes;
  older.sequence_number = 7;
  older.min_sequence_number = 2;
  older.added_snapshot_id = 5;
  older.existing_files_count = 1;
  older.deleted_files_count = 2;
  older.existing_rows_count = 10;
  older.deleted_rows_count = 20;
  older.partitions = {{true, std::nullopt, std::nullopt, std::nullopt}, {false, true, std::string("\0", 1), "z"}};
  older.key_metadata = "key";
  for (const int32_t version : {2, 3}) {
    older.first_row_id = version == 3 ? std::optional<int64_t>(100) : std::nullopt;
    for (const char* codec : {"gzip", "zstd", "snappy", "uncompressed"}) {
      ManifestListContext context{version, kSnapshot, 5, 8, codec};
      const auto bytes = WriteManifestList(context, {mine, older});
      ASSERT_TRUE(bytes.has_value()) << bytes.error().message;
      const auto read = ReadManifestList(*bytes);
      ASSERT_TRUE(read.has_value()) << read.error().message;
      ASSERT_EQ(read->size(), 2U);
      EXPECT_EQ((*read)[0].manifest_path, mine.manifest_path);
      EXPECT_EQ((*read)[0].sequence_number, 8);
      EXPECT_EQ((*read)[0].min_sequence_number, 8);
      EXPECT_EQ((*read)[0].added_rows_count, mine.added_rows_count);
      EXPECT_TRUE((*read)[0].partitions.empty());
      const ManifestFile& back = (*read)[1];
      EXPECT_EQ(back.manifest_length, 99);
      EXPECT_EQ(back.partition_spec_id, 1);
      EXPECT_EQ(back.content, ManifestContent::kDeletes);
      EXPECT_EQ(back.sequence_number, 7);
      EXPECT_EQ(back.min_sequence_number, 2);
      EXPECT_EQ(back.added_snapshot_id, 5);
      EXPECT_EQ(back.added_files_count, 0);
      EXPECT_EQ(back.existing_files_count, 1);
      EXPECT_EQ(back.deleted_files_count, 2);
      EXPECT_EQ(back.existing_rows_count, 10);
      EXPECT_EQ(back.deleted_rows_count, 20);
      ASSERT_EQ(back.partitions.size(), 2U);
      EXPECT_TRUE(back.partitions[0].contains_null);
      EXPECT_EQ(back.partitions[0].contains_nan, std::nullopt);
      EXPECT_EQ(back.partitions[1].contains_nan, true);
      EXPECT_EQ(back.partitions[1].lower_bound, std::string("\0", 1));
      EXPECT_EQ(back.partitions[1].upper_bound, "z");
      EXPECT_EQ(back.key_metadata, "key");
      EXPECT_EQ(back.first_row_id, older.first_row_id);
      const auto file = avro::ContainerReader::Open(*bytes);
      EXPECT_EQ(file->metadata().at("parent-snapshot-id"), "5");
      EXPECT_EQ(file->metadata().at("snapshot-id"), std::to_string(kSnapshot));
      EXPECT_EQ(file->metadata().at("sequence-number"), "8");
      EXPECT_EQ(file->metadata().at("format-version"), std::to_string(version));
    }
  }
}

TEST(ManifestList, AnotherCommitsManifestNeverGetsOurNumber) {
  ManifestFile file;
  file.manifest_path = "m.avro";
  file.sequence_number = kUnassignedSequence;
  file.added_snapshot_id = 1;
  const auto bytes = WriteManifestList({2, 2, std::nullopt, 8, "gzip"}, {file});
  ASSERT_FALSE(bytes.has_value());
  EXPECT_THAT(bytes.error().message, HasSubstr("manifest m.avro: it has no sequence number and belongs to snapshot 1"));
}

TEST(ManifestList, Version1MayLeaveOutWhatVersion2Needs) {
  avro::ContainerWriter writer(R"({"type": "record", "name": "manifest_file", "fields": [
      {"name": "manifest_path", "type": "string", "field-id": 500},
      {"name": "manifest_length", "type": "long", "field-id": 501},
      {"name": "partition_spec_id", "type": "int", "field-id": 502},
      {"name": "added_snapshot_id", "type": ["null", "long"], "field-id": 503},
      {"name": "added_data_files_count", "type": ["null", "int"], "field-id": 504}]})",
                               {}, {});
  avro::BinaryWriter object;
  object.WriteBytes("m.avro");
  object.WriteLong(10);
  object.WriteLong(0);
  object.WriteLong(1);
  object.WriteLong(5);
  object.WriteLong(0);
  ASSERT_TRUE(writer.Append(object.bytes()).has_value());
  const auto read = ReadManifestList(*writer.Finish());
  ASSERT_TRUE(read.has_value()) << read.error().message;
  const ManifestFile& file = (*read)[0];
  EXPECT_EQ(file.content, ManifestContent::kData);
  EXPECT_EQ(file.sequence_number, 0);
  EXPECT_EQ(file.added_snapshot_id, 5);
  EXPECT_EQ(file.added_files_count, kUnknownCount);
  EXPECT_EQ(file.existing_rows_count, kUnknownCount);
  const auto rewritten = WriteManifestList({2, 5, std::nullopt, 8, "gzip"}, *read);
  ASSERT_FALSE(rewritten.has_value());
  EXPECT_THAT(rewritten.error().message, HasSubstr("counts are unknown"));
}

TEST(ManifestList, NumbersThatWouldNotAddUpAreRefused) {
  const auto read = [](auto change) {
    ManifestFile file;
    file.manifest_path = "m.avro";
    file.sequence_number = file.min_sequence_number = 1;
    change(file);
    const auto bytes = WriteManifestList({2, 5, std::nullopt, 8, "uncompressed"}, {file});
    EXPECT_TRUE(bytes.has_value());
    const auto files = ReadManifestList(*bytes);
    return files ? "read" : files.error().message;
  };
  constexpr int64_t kMost = std::numeric_limits<int64_t>::max();
  EXPECT_EQ(read([](ManifestFile&) {}), "read");
  EXPECT_THAT(read([](ManifestFile& file) { file.manifest_length = kMost; }), HasSubstr("manifest_length"));
  EXPECT_THAT(read([](ManifestFile& file) { file.manifest_length = -1; }), HasSubstr("manifest_length"));
  EXPECT_THAT(read([](ManifestFile& file) { file.existing_rows_count = kMost; }), HasSubstr("a number of rows"));
}

}  // namespace
}  // namespace frazil::iceberg
