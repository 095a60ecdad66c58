// Table metadata as JSON (spec, appendix C), v1 to v3.
//
// Reading completes what older versions leave out: schemas from "schema", specs from "partition-spec", the unsorted
// order, "refs" from "current-snapshot-id". The format version stays what it was. Writing normalises: no
// current-snapshot-id where there is none (read as absent, null or -1), no null members. Snapshots stay as they were
// read.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "common/result.h"
#include "iceberg/table_metadata.h"

namespace frazil::iceberg {

// kCorrupt where a rule of the spec is broken, kUnsupported for format v4 and above.
// Text that begins as gzip does (".gz.metadata.json") is unpacked first.
Result<TableMetadataPtr> ParseTableMetadata(std::string_view text);
// The same of a REST catalog's LoadTableResult or CommitTableResponse, which is metadata among other members.
struct TableReply {
  TableMetadataPtr metadata;
  nlohmann::json rest;  // an object of the others
};
Result<TableReply> ParseTableReply(std::string_view text);
// What can be known from the beginning of such a reply, where "snapshots" comes after all that changes with a commit
// (as Java writes it): the metadata, with `snapshots` for its history, of which each ref must be. Nothing where it has
// to be read on.
std::optional<TableReply> ParseTableReplyBeginning(std::string_view text, const SnapshotList& snapshots);
std::string WriteTableMetadata(const TableMetadata& metadata);

nlohmann::json ToJson(const SnapshotRef& ref);
Result<SnapshotRef> ParseSnapshotRef(const nlohmann::json& json);

}  // namespace frazil::iceberg
