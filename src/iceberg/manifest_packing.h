// Chooses the manifests of a snapshot that should be merged.
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

// Groups manifests into bins of one spec and one content kind. A bin has at most `target_bytes`, unless it holds only
// one manifest. The order within a kind stays. Bins are filled from the oldest (the last) on, so the newest bin has
// room left.
std::vector<std::vector<ManifestFile>> PackManifests(std::vector<ManifestFile> manifests, int64_t target_bytes);

// A whole number >= 0 in a snapshot's summary or a table's properties; nullopt if it is missing or malformed.
std::optional<int64_t> ParseTotal(const std::map<std::string, std::string>& values, const std::string& key);

}  // namespace frazil::iceberg
