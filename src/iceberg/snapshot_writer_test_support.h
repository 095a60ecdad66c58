// A table in memory, for tests of what commits write.
#pragma once

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "iceberg/snapshot_writer.h"
#include "io/memory_file_io.h"

namespace frazil::iceberg {

inline constexpr int64_t kNow = 1'700'000'000'000;

inline iceberg::Field Column(int32_t id, std::string name, std::string_view type) {
  return {.id = id, .name = std::move(name), .type = *ParsePrimitiveType(type)};
}

// A table, partitioned by `city`, whose commits go through the same steps as a catalog's.
class SnapshotWriterTest : public ::testing::Test {
 protected:
  SnapshotWriterTest() {
    table_ = *MakeTableMetadata({.location = "mem://t",
                                 .schema = {Column(1, "id", "int"), Column(2, "city", "string")},
                                 .spec = {{.source_id = 2, .field_id = 0, .name = "city", .transform = {}}},
                                 .sort_order = {},
                                 .properties = {}},
                                kNow);
  }

  static DataFile File(const std::string& path, std::optional<std::string> city = "oslo", int32_t spec_id = 0) {
    DataFile file;
    file.file_path = path;
    file.spec_id = spec_id;
    if (spec_id == 0) file.partition = {city ? Literal(*city) : Literal()};
    file.record_count = 10;
    file.file_size_in_bytes = 1000;
    return file;
  }

  SnapshotWriter::Attempt Prepare(SnapshotWriter& append, int64_t now_ms = kNow) {
    auto attempt = append.Prepare(table_, io_, now_ms);
    EXPECT_TRUE(attempt) << attempt.error().message;
    return attempt ? *attempt : SnapshotWriter::Attempt{};
  }

  Snapshot Commit(const SnapshotWriter::Attempt& attempt) {
    const auto met = CheckRequirements(&table_, attempt.requirements);
    EXPECT_TRUE(met) << met.error().message;
    auto applied = ApplyUpdates(table_, "", attempt.updates, kNow);
    EXPECT_TRUE(applied) << applied.error().message;
    table_ = *applied;
    return attempt.snapshot;
  }

  Snapshot Append(std::vector<DataFile> files, const std::string& ref = "main") {
    SnapshotWriter append(ref, AppendFiles(std::move(files)), {});
    return Commit(Prepare(append));
  }

  std::vector<ManifestFile> Manifests(const Snapshot& snapshot) {
    auto manifests = ReadManifestList(*io_.ReadAll(snapshot.manifest_list));
    EXPECT_TRUE(manifests) << manifests.error().message;
    return *manifests;
  }

  std::vector<ManifestEntry> Entries(const ManifestFile& manifest) {
    auto entries = ReadManifest(*io_.ReadAll(manifest.manifest_path), manifest);
    EXPECT_TRUE(entries) << entries.error().message;
    return *entries;
  }

  void ReplaceNewest(const Snapshot& snapshot) {
    table_.snapshots.Remove({snapshot.snapshot_id});
    table_.snapshots.push_back(snapshot);
  }

  // Replaces the manifests of the newest snapshot, as another engine could have left them.
  void ReplaceManifests(const std::vector<ManifestFile>& manifests) {
    Snapshot snapshot = table_.snapshots.back();
    snapshot.manifest_list += ".other";
    ReplaceNewest(snapshot);
    const ManifestListContext context{.format_version = 2,
                                      .snapshot_id = snapshot.snapshot_id,
                                      .parent_snapshot_id = snapshot.parent_snapshot_id,
                                      .sequence_number = snapshot.sequence_number};
    ASSERT_TRUE(io_.WriteAll(snapshot.manifest_list, *WriteManifestList(context, manifests)));
  }

  ManifestFile OtherManifest(const std::string& path, ManifestContent content,
                             const std::vector<ManifestEntry>& entries) {
    const ManifestContext context{.format_version = 2,
                                  .schema = table_.schema(),
                                  .spec = table_.spec(),
                                  .content = content,
                                  .snapshot_id = table_.snapshots.back().snapshot_id};
    auto written = WriteManifest(context, entries);
    EXPECT_TRUE(written) << written.error().message;
    written->file.manifest_path = path;
    EXPECT_TRUE(io_.WriteAll(path, written->bytes));
    return written->file;
  }

  io::MemoryFileIo io_;
  TableMetadata table_;
};

inline std::vector<std::string> Paths(const std::vector<ManifestEntry>& entries) {
  std::vector<std::string> paths;
  paths.reserve(entries.size());
  for (const auto& entry : entries) paths.push_back(entry.data_file.file_path);
  return paths;
}

}  // namespace frazil::iceberg
