// What `frazil table` prints of a table. Each function without "Text" makes JSON; its twin with "Text" makes text for
// people of that JSON.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "catalog/catalog.h"
#include "common/result.h"
#include "record/offset_range.h"

namespace frazil::app {

// An array of {"namespace", "table"}, one for each table in `ns`, or in all namespaces if `ns` is empty.
Result<nlohmann::ordered_json> TableList(catalog::Catalog& catalog, const catalog::Namespace& ns);
std::string TableListText(const nlohmann::ordered_json& list);

nlohmann::ordered_json CountsJson(const record::OffsetCounts& counts);

nlohmann::ordered_json TableDescription(const catalog::TableIdent& ident, const catalog::LoadedTable& table);
std::string TableDescriptionText(const nlohmann::ordered_json& description);

// An array of one object per snapshot, oldest first.
nlohmann::ordered_json TableSnapshots(const iceberg::TableMetadata& metadata);
std::string TableSnapshotsText(const nlohmann::ordered_json& snapshots);

// An array of one object per live file of the current snapshot.
Result<nlohmann::ordered_json> TableFiles(const catalog::LoadedTable& table);
std::string TableFilesText(const nlohmann::ordered_json& files);

// An array of the snapshots that were current and since when, oldest first. A snapshot that is no ancestor of the
// current one was rolled back.
nlohmann::ordered_json TableHistory(const iceberg::TableMetadata& metadata);
std::string TableHistoryText(const nlohmann::ordered_json& history);

}  // namespace frazil::app
