// Checks the partition data in a manifest and in the manifest list, which readers use to skip files.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/result.h"
#include "iceberg/manifest.h"
#include "iceberg/table_metadata.h"

namespace frazil::ops {

// Returns one sentence for each disagreement: the partition spec is unknown to the table, or differs from the one in
// the manifest; a partition has other fields or types than its spec; or the manifest's line in the list excludes the
// partition of a live file. `bytes` is the manifest file, and `entries` its entries.
Result<std::vector<std::string>> PartitionDisagreements(const iceberg::ManifestFile& line, std::string_view bytes,
                                                        const std::vector<iceberg::ManifestEntry>& entries,
                                                        const iceberg::TableMetadata& metadata);

}  // namespace frazil::ops
