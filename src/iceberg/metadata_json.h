// Table metadata and snapshots as JSON (spec, appendix C). Reads v1 to v3, writes v2 and v3.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "common/result.h"
#include "iceberg/table_metadata.h"

namespace frazil::iceberg {

// kCorrupt where a rule of the spec is broken, kUnsupported for format v4 and above.
Result<TableMetadataPtr> ParseTableMetadata(std::string_view text);
Result<TableMetadataPtr> ParseTableMetadata(const nlohmann::json& json);
std::string WriteTableMetadata(const TableMetadata& metadata);

nlohmann::json ToJson(const Snapshot& snapshot);
Result<Snapshot> ParseSnapshot(const nlohmann::json& json);

}  // namespace frazil::iceberg
