// Manifests: Avro files that list data files of one spec and one content kind (spec, "Manifests").
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
  std::optional<int64_t> sequence_number;       // 3, data sequence number; null: inherited
  std::optional<int64_t> file_sequence_number;  // 4
  DataFile data_file;                           // 2
};

// Bounds of one partition field over a manifest's files (spec, field_summary).
struct FieldSummary {
  bool contains_null = false;              // 509
  std::optional<bool> contains_nan;        // 518
  std::optional<std::string> lower_bound;  // 510
  std::optional<std::string> upper_bound;  // 511
};

// A count that a v1 manifest list does not tell: there may be any number.
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

// False: it lists only what was deleted, which no snapshot but its own has to tell. A count that is not told is not 0.
inline bool HasLiveFiles(const ManifestFile& manifest) {
  return manifest.deleted_files_count <= 0 || manifest.added_files_count != 0 || manifest.existing_files_count != 0;
}

// What one manifest is written with.
struct ManifestContext {
  int32_t format_version = 2;
  SchemaPtr schema;
  PartitionSpecPtr spec;
  ManifestContent content = ManifestContent::kData;
  int64_t snapshot_id = 0;  // of the commit that writes it
  // As in write.avro.compression-codec: gzip (Avro's deflate), zstd, snappy, uncompressed.
  std::string codec = "gzip";
};

struct WrittenManifest {
  std::string bytes;  // the Avro file
  // Everything but manifest_path. sequence_number and min_sequence_number stand at kUnassignedSequence where they are
  // the commit's own, and are set when the manifest list is written.
  ManifestFile file;
};
constexpr int64_t kUnassignedSequence = -1;

// Entries without a snapshot id get the context's. kInvalidArgument when an entry breaks a rule of the spec: another
// spec or content, an existing or deleted entry without its sequence numbers, a partition value of the wrong type.
Result<WrittenManifest> WriteManifest(const ManifestContext& context, const std::vector<ManifestEntry>& entries);

// Entries with sequence numbers and snapshot id inherited from `file` as the spec says. Reads v1 to v3, by field ids;
// deleted entries too. Partition values are of the manifest's own types: a column promoted later is still int there.
// Nothing is inherited from sequence numbers that stand at kUnassignedSequence.
Result<std::vector<ManifestEntry>> ReadManifest(std::string_view bytes, const ManifestFile& file);

// The fields of the partition spec that a manifest was written with, as its header tells; none if it does not.
Result<std::optional<std::vector<PartitionField>>> SpecFieldsIn(std::string_view bytes);

// What a manifest list would say of a manifest that is in none, told by the manifest alone. Only v1 has such manifests,
// so all is at sequence number 0. Partition summaries are left out.
Result<ManifestFile> DescribeManifest(const std::string& path, std::string_view bytes);

// Reads any v1 to v3 manifest list.
Result<std::vector<ManifestFile>> ReadManifestList(std::string_view bytes);
// What stands in the header of a manifest list's file, `notes` of its writer among it.
Result<std::map<std::string, std::string>> ReadManifestListNotes(std::string_view bytes);

struct ManifestListContext {
  int32_t format_version = 2;
  int64_t snapshot_id = 0;
  std::optional<int64_t> parent_snapshot_id;
  int64_t sequence_number = 0;  // given to manifests whose own stands at kUnassignedSequence
  std::string codec = "gzip";
  // More for the file's header, which readers pass over; no key may be one of the specification's.
  std::map<std::string, std::string> notes = {};
};
Result<std::string> WriteManifestList(const ManifestListContext& context, std::vector<ManifestFile> manifests);

}  // namespace frazil::iceberg
