// Splits table metadata: the parts that grow with the table's age are read in place, and the rest is parsed into a
// tree.
#pragma once

#include <nlohmann/json.hpp>
#include <string_view>
#include <vector>

#include "common/result.h"
#include "iceberg/table_metadata.h"

namespace frazil::iceberg {

struct MetadataHistory {
  SnapshotList snapshots;                      // "snapshots"
  std::vector<SnapshotLogEntry> snapshot_log;  // "snapshot-log"
};

struct MetadataParts {
  nlohmann::json rest;  // an object without the members in `history`
  MetadataHistory history;
};

// A REST catalog's reply: the metadata, and the other members.
struct ReplyParts {
  MetadataParts metadata;
  nlohmann::json rest;
};

// kCorrupt if `text` is not a JSON object, or its history breaks a rule of the spec.
Result<MetadataParts> SplitTableMetadata(std::string_view text);
Result<ReplyParts> SplitTableReply(std::string_view text);

}  // namespace frazil::iceberg
