// Checks snapshots, manifest lists and manifests against each other, and collects the files that they refer to.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "common/result.h"
#include "iceberg/data_file.h"
#include "iceberg/table_metadata.h"
#include "io/file_io.h"
#include "table/finding.h"

namespace frazil::ops {

struct LiveFile {
  std::string path;
  int64_t size = 0;
  int64_t rows = 0;
  iceberg::FileContent content = iceberg::FileContent::kData;
  std::string format;
  int32_t spec_id = 0;
  std::vector<iceberg::Literal> partition;
  int64_t sequence_number = 0;                          // the data sequence number of the file
  std::shared_ptr<const iceberg::DataFile> entry = {};  // the whole manifest entry
};

// Totals of one snapshot, from its manifests.
struct SnapshotFiles {
  int64_t files = 0;
  int64_t rows = 0;
  int64_t delete_files = 0;
  int64_t added_files = 0;
  int64_t added_rows = 0;
  int64_t removed_files = 0;
  int64_t removed_rows = 0;
};

struct ManifestAudit {
  std::map<int64_t, SnapshotFiles> snapshots;        // by snapshot id; only snapshots whose manifests could all be read
  std::map<int64_t, std::vector<LiveFile>> live;     // by snapshot id; the live files of `heads`
  std::unordered_map<std::string, int64_t> history;  // path → size of files that only other snapshots refer to
  int64_t manifests = 0;                             // how many were read
};

// Reads the manifest list of each snapshot, and each manifest once. `heads` are the snapshots whose live files are
// wanted. Missing or inconsistent data becomes a finding. An error is returned only if the storage fails.
Result<ManifestAudit> AuditManifests(const iceberg::TableMetadata& metadata, const std::set<int64_t>& heads,
                                     io::FileIo& io, table::Findings& findings);

}  // namespace frazil::ops
