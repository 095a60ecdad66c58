// What a manifest and its line in the list say of partitions, by which readers leave files out.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/result.h"
#include "iceberg/manifest.h"
#include "iceberg/table_metadata.h"

namespace frazil::ops {

// A sentence each: the spec is none of the table's, or another than the manifest was written with; a partition of other
// fields or types than the spec's; a line of the list that leaves out partitions of live files.
Result<std::vector<std::string>> PartitionDisagreements(const iceberg::ManifestFile& line, std::string_view bytes,
                                                        const std::vector<iceberg::ManifestEntry>& entries,
                                                        const iceberg::TableMetadata& metadata);

}  // namespace frazil::ops
