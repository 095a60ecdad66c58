// Table metadata taken apart: what grows with the table's age is read where it stands, and the rest is left to a parser
// that makes trees.
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
  nlohmann::json rest;  // an object, without the members that `history` is of
  MetadataHistory history;
};

// What a REST catalog says of a table: its metadata, and the other members.
struct ReplyParts {
  MetadataParts metadata;
  nlohmann::json rest;
};

// kCorrupt where `text` is no JSON object, or its history breaks a rule of the spec.
Result<MetadataParts> SplitTableMetadata(std::string_view text);
Result<ReplyParts> SplitTableReply(std::string_view text);

}  // namespace frazil::iceberg
