// Manifests: Avro files that list files of one partition spec and one kind of content (spec, "Manifests"). The numbers
// in comments are field ids.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/result.h"
#include "iceberg/data_file.h"
#include "iceberg/partition_spec.h"
#include "iceberg/schema.h"

namespace frazil::iceberg {

enum class ManifestContent : int32_t { kData = 0, kDeletes = 1 };
enum class EntryStatus : int32_t { kExisting = 0, kAdded = 1, kDeleted = 2 };

struct ManifestEntry {
  EntryStatus status = EntryStatus::kAdded;     // 0
  std::optional<int64_t> snapshot_id;           // 1
  std::optional<int64_t> sequence_number;       // 3, data sequence number; nullopt: inherited
  std::optional<int64_t> file_sequence_number;  // 4
  DataFile data_file;                           // 2
};

// The bounds of one partition field over all files of a manifest (spec, field_summary).
struct FieldSummary {
  bool contains_null = false;              // 509
  std::optional<bool> contains_nan;        // 518
  std::optional<std::string> lower_bound;  // 510
  std::optional<std::string> upper_bound;  // 511
};

// The value of a count that a v1 manifest list does not contain.
constexpr int32_t kUnknownCount = -1;

// One line of a manifest list (spec, "Manifest Lists").
struct ManifestFile {
  std::string manifest_path;                         // 500
  int64_t manifest_length = 0;                       // 501
  int32_t partition_spec_id = 0;                     // 502
  ManifestContent content = ManifestContent::kData;  // 517
  int64_t sequence_number = 0;                       // 515
  int64_t min_sequence_number = 0;                   // 516
  int64_t added_snapshot_id = 0;                     // 503
  int32_t added_files_count = 0;                     // 504
  int32_t existing_files_count = 0;                  // 505
  int32_t deleted_files_count = 0;                   // 506
  int64_t added_rows_count = 0;                      // 512
  int64_t existing_rows_count = 0;                   // 513
  int64_t deleted_rows_count = 0;                    // 514
  std::vector<FieldSummary> partitions;              // 507
  std::optional<std::string> key_metadata;           // 519
  std::optional<int64_t> first_row_id;               // 520, v3
};

// False if the manifest lists only deleted files, so that only its own snapshot needs it. An unknown count may be
// positive.
inline bool HasLiveFiles(const ManifestFile& manifest) {
  return manifest.deleted_files_count <= 0 || manifest.added_files_count != 0 || manifest.existing_files_count != 0;
}

// Settings for writing one manifest.
struct ManifestContext {
  int32_t format_version = 2;
  SchemaPtr schema;
  PartitionSpecPtr spec;
  ManifestContent content = ManifestContent::kData;
  int64_t snapshot_id = 0;  // the snapshot of the commit that writes it
  // A value of write.avro.compression-codec: gzip (Avro's deflate), zstd, snappy or uncompressed.
  std::string codec = "gzip";
};

struct WrittenManifest {
  std::string bytes;  // the Avro file
  // Everything except manifest_path. sequence_number and min_sequence_number are kUnassignedSequence if they are the
  // commit's own number; they are set when the manifest list is written.
  ManifestFile file;
};
constexpr int64_t kUnassignedSequence = -1;

// Writes a manifest. Entries without a snapshot id get the context's. kInvalidArgument if an entry breaks a rule of the
// spec: it has another spec or content, it is existing or deleted but lacks sequence numbers, or a partition value has
// the wrong type.
Result<WrittenManifest> WriteManifest(const ManifestContext& context, const std::vector<ManifestEntry>& entries);

// Reads a manifest of format v1 to v3, by field ids. Sequence numbers and snapshot ids are inherited from `file`, as
// the spec says, but not from kUnassignedSequence. Deleted entries are included. Partition values have the manifest's
// own types: a column that was promoted later is still int there. kCorrupt if the manifest is malformed.
Result<std::vector<ManifestEntry>> ReadManifest(std::string_view bytes, const ManifestFile& file);

// The partition fields in the header of a manifest; nullopt if the header has none.
Result<std::optional<std::vector<PartitionField>>> SpecFieldsIn(std::string_view bytes);

// Describes a manifest that is in no manifest list, from the manifest alone. Only format v1 has such manifests, so all
// sequence numbers are 0. Partition summaries are left out.
Result<ManifestFile> DescribeManifest(const std::string& path, std::string_view bytes);

// Reads a manifest list of format v1 to v3. kCorrupt if it is malformed.
Result<std::vector<ManifestFile>> ReadManifestList(std::string_view bytes);
// All entries in the header of a manifest list's file, with the `notes` of its writer.
Result<std::map<std::string, std::string>> ReadManifestListNotes(std::string_view bytes);

struct ManifestListContext {
  int32_t format_version = 2;
  int64_t snapshot_id = 0;
  std::optional<int64_t> parent_snapshot_id;
  int64_t sequence_number = 0;  // replaces kUnassignedSequence in the manifests
  std::string codec = "gzip";
  // More entries for the file's header. Other readers ignore them. Keys of the specification are not allowed.
  std::map<std::string, std::string> notes = {};
};
Result<std::string> WriteManifestList(const ManifestListContext& context, std::vector<ManifestFile> manifests);

}  // namespace frazil::iceberg
