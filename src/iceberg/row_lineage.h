// Row ids of format version 3 (spec, "Row Lineage", "First Row ID Assignment").
#pragma once

#include <cstdint>
#include <vector>

#include "common/result.h"
#include "iceberg/manifest.h"

namespace frazil::iceberg {

// Gives the data manifests of a new snapshot that have no first row id one each, in their order, from `next_row_id` of
// the table on: room for their added and existing rows. Returns how many ids were given, the snapshot's added-rows.
// kCorrupt where ids run out, or a manifest's counts are not known.
Result<int64_t> AssignRowIds(int64_t next_row_id, std::vector<ManifestFile>& manifests);

}  // namespace frazil::iceberg
