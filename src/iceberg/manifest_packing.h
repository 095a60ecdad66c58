// Which manifests of a snapshot are worth merging into one.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "iceberg/manifest.h"
#include "iceberg/table_metadata.h"

namespace frazil::iceberg {

struct MergeSettings {
  bool enabled = true;                      // commit.manifest-merge.enabled
  int64_t target_bytes = int64_t{8} << 20;  // commit.manifest.target-size-bytes
  size_t min_count = 100;                   // commit.manifest.min-count-to-merge

  static MergeSettings From(const TableMetadata& table);
};

// Bins of manifests of one spec and one content kind, each up to `target_bytes` unless it holds only one. Within a
// kind the order stays, and bins are filled from the oldest (last) on, so that the one with room left is the newest.
std::vector<std::vector<ManifestFile>> PackManifests(std::vector<ManifestFile> manifests, int64_t target_bytes);

// A whole number of at least 0 in a snapshot's summary or a table's properties; none if absent or malformed.
std::optional<int64_t> ParseTotal(const std::map<std::string, std::string>& values, const std::string& key);

}  // namespace frazil::iceberg
