// Reads and writes table metadata as JSON (spec, appendix C), format v1 to v3.
//
// Reading adds what older versions lack: schemas from "schema", specs from "partition-spec", the unsorted order, and
// "refs" from "current-snapshot-id". The format version stays. Writing leaves out a missing current-snapshot-id (it may
// be read as absent, null or -1) and null members. Snapshots are written as they were read.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "common/result.h"
#include "iceberg/table_metadata.h"

namespace frazil::iceberg {

// kCorrupt if the text breaks a rule of the spec; kUnsupported for format v4 and above. Text compressed with gzip
// (".gz.metadata.json") is decompressed first.
Result<TableMetadataPtr> ParseTableMetadata(std::string_view text);
// A REST catalog's LoadTableResult or CommitTableResponse: metadata among other members.
struct TableReply {
  TableMetadataPtr metadata;
  nlohmann::json rest;  // the other members, as an object
};
Result<TableReply> ParseTableReply(std::string_view text);
// Reads such a reply from its beginning alone. This works if "snapshots" comes after everything that a commit changes,
// as Java writes it. The result has `snapshots` as its history, and every ref must point into it. nullopt if more must
// be read.
std::optional<TableReply> ParseTableReplyBeginning(std::string_view text, const SnapshotList& snapshots);
std::string WriteTableMetadata(const TableMetadata& metadata);

nlohmann::json ToJson(const SnapshotRef& ref);
Result<SnapshotRef> ParseSnapshotRef(const nlohmann::json& json);

}  // namespace frazil::iceberg
