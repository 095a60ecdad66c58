// Assigns the row ids of format v3 (spec, "Row Lineage", "First Row ID Assignment").
#pragma once

#include <cstdint>
#include <vector>

#include "common/result.h"
#include "iceberg/manifest.h"

namespace frazil::iceberg {

// Gives each data manifest of a new snapshot that lacks a first row id one, in order, beginning at the table's
// `next_row_id`. Each gets room for its added and existing rows. Returns the number of ids given, which is the
// snapshot's added-rows. kCorrupt if the ids run out, or if the counts of a manifest are unknown.
Result<int64_t> AssignRowIds(int64_t next_row_id, std::vector<ManifestFile>& manifests);

}  // namespace frazil::iceberg
