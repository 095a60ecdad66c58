// What `frazil table` shows of a table, as JSON and as text for people.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "catalog/catalog.h"
#include "common/result.h"
#include "record/offset_range.h"

namespace frazil::app {

// Objects {"namespace", "table"} of every table in `ns`, or in all namespaces where it is empty.
Result<nlohmann::ordered_json> TableList(catalog::Catalog& catalog, const catalog::Namespace& ns);
std::string TableListText(const nlohmann::ordered_json& list);

nlohmann::ordered_json CountsJson(const record::OffsetCounts& counts);

nlohmann::ordered_json TableDescription(const catalog::TableIdent& ident, const catalog::LoadedTable& table);
std::string TableDescriptionText(const nlohmann::ordered_json& description);

// One object a snapshot, oldest first.
nlohmann::ordered_json TableSnapshots(const iceberg::TableMetadata& metadata);
std::string TableSnapshotsText(const nlohmann::ordered_json& snapshots);

// One object a live file of the current snapshot.
Result<nlohmann::ordered_json> TableFiles(const catalog::LoadedTable& table);
std::string TableFilesText(const nlohmann::ordered_json& files);

// What was current when, oldest first; a snapshot that is no ancestor of the current one was rolled back.
nlohmann::ordered_json TableHistory(const iceberg::TableMetadata& metadata);
std::string TableHistoryText(const nlohmann::ordered_json& history);

}  // namespace frazil::app
