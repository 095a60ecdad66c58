#include "app/table_report.h"

#include <fmt/format.h>

#include <charconv>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string_view>

#include "app/text_table.h"
#include "iceberg/manifest.h"
#include "iceberg/snapshot_manifests.h"
#include "table/offset_history.h"
#include "table/offset_notes.h"

namespace frazil::app {
namespace {

using Json = nlohmann::ordered_json;
using iceberg::FileContent;
using iceberg::Snapshot;
using iceberg::TableMetadata;

// A number from a snapshot's summary; null if it is absent or not a number.
Json SummaryNumber(const Snapshot& snapshot, const std::string& key) {
  const auto it = snapshot.summary.find(key);
  if (it == snapshot.summary.end()) return nullptr;
  int64_t value = 0;
  const char* end = it->second.data() + it->second.size();
  const auto [stop, error] = std::from_chars(it->second.data(), end, value);
  return error == std::errc() && stop == end ? Json(value) : Json(nullptr);
}

// The offsets that a pipeline's commit moved: {"topic": [{"partition", "first", "next"}]}. If they are in a file, then
// {"file": PATH}; if they cannot be read, {"error": TEXT}; null for any other commit.
Json OffsetsMoved(const Snapshot& snapshot) {
  const auto file = snapshot.summary.find(std::string(table::kSummaryRangesFile));
  if (file != snapshot.summary.end()) return {{"file", file->second}};
  const auto text = snapshot.summary.find(std::string(table::kSummaryRanges));
  if (text == snapshot.summary.end()) return nullptr;
  const auto ranges = table::ParseRanges(text->second);
  if (!ranges) return {{"error", ranges.error().message}};
  Json moved = Json::object();
  for (const auto& range : *ranges) {
    moved[range.source.topic].push_back(
        {{"partition", range.source.partition}, {"first", range.first}, {"next", range.next}});
  }
  return moved;
}

std::string OffsetsMovedText(const Json& moved) {
  constexpr size_t kMostPartitions = 3;  // if there are more, only their number is shown
  if (moved.is_null()) return "-";
  if (moved.contains("file")) return "in " + moved["file"].get<std::string>();
  if (moved.contains("error")) return moved["error"].get<std::string>();
  std::vector<std::string> parts;
  for (const auto& [topic, ranges] : moved.items()) {
    int64_t offsets = 0;
    for (const auto& range : ranges) {
      const auto first = range["first"].get<int64_t>();
      const auto next = range["next"].get<int64_t>();
      offsets += next - first;
      if (ranges.size() <= kMostPartitions) {
        parts.push_back(fmt::format("{}[{}] {}..{}", topic, range["partition"].get<int32_t>(), first, next));
      }
    }
    if (ranges.size() > kMostPartitions) {
      parts.push_back(fmt::format("{}: {} in {} partitions", topic, FormatCount(offsets), ranges.size()));
    }
  }
  return fmt::format("{}", fmt::join(parts, ", "));
}

std::string_view ContentWord(FileContent content) {
  switch (content) {
    case FileContent::kData:
      return "data";
    case FileContent::kPositionDeletes:
      return "position deletes";
    case FileContent::kEqualityDeletes:
      return "equality deletes";
  }
  return "?";
}

Json FileRow(const iceberg::ManifestEntry& entry, const TableMetadata& metadata) {
  const auto& file = entry.data_file;
  Json row = {{"path", file.file_path}, {"content", ContentWord(file.content)}, {"spec_id", file.spec_id}};
  const auto spec = metadata.FindSpec(file.spec_id);
  row["partition"] = spec == nullptr || spec->unpartitioned()
                         ? Json(nullptr)
                         : Json(spec->PartitionPath(*metadata.schema(), file.partition));
  row["records"] = file.record_count;
  row["bytes"] = file.file_size_in_bytes;
  row["format"] = file.file_format;
  row["snapshot_id"] = entry.snapshot_id ? Json(*entry.snapshot_id) : Json(nullptr);
  return row;
}

}  // namespace

Result<Json> TableList(catalog::Catalog& catalog, const catalog::Namespace& ns) {
  std::vector<catalog::Namespace> namespaces = {ns};
  if (ns.empty()) {
    FRAZIL_ASSIGN_OR_RETURN(namespaces, catalog.ListNamespaces());
  }
  Json list = Json::array();
  for (const auto& each : namespaces) {
    FRAZIL_ASSIGN_OR_RETURN(const auto tables, catalog.ListTables(each));
    for (const auto& table : tables) {
      list.push_back({{"namespace", fmt::format("{}", fmt::join(table.ns, "."))}, {"table", table.name}});
    }
  }
  return list;
}

std::string TableListText(const Json& list) {
  return FormatTable({{"namespace", "NAMESPACE"}, {"table", "TABLE"}}, list);
}

Json TableSnapshots(const TableMetadata& metadata) {
  Json rows = Json::array();
  for (const auto& snapshot : metadata.snapshots) {
    rows.push_back({{"snapshot_id", snapshot.snapshot_id},
                    {"parent_id", snapshot.parent_snapshot_id ? Json(*snapshot.parent_snapshot_id) : Json(nullptr)},
                    {"sequence_number", snapshot.sequence_number},
                    {"timestamp_ms", snapshot.timestamp_ms},
                    {"operation", snapshot.operation()},
                    {"added_records", SummaryNumber(snapshot, "added-records")},
                    {"added_files", SummaryNumber(snapshot, "added-data-files")},
                    {"added_bytes", SummaryNumber(snapshot, "added-files-size")},
                    {"total_records", SummaryNumber(snapshot, "total-records")},
                    {"total_files", SummaryNumber(snapshot, "total-data-files")},
                    {"total_bytes", SummaryNumber(snapshot, "total-files-size")},
                    {"offsets_moved", OffsetsMoved(snapshot)},
                    {"summary", snapshot.summary}});
  }
  return rows;
}

std::string TableSnapshotsText(const Json& snapshots) {
  Json rows = snapshots;
  for (auto& row : rows) row["offsets_moved"] = OffsetsMovedText(row["offsets_moved"]);
  return FormatTable({{"snapshot_id", "SNAPSHOT", Show::kNumber},
                      {"timestamp_ms", "TIME", Show::kTime},
                      {"operation", "OPERATION"},
                      {"added_records", "ADDED ROWS", Show::kCount},
                      {"added_files", "ADDED FILES", Show::kCount},
                      {"total_records", "TOTAL ROWS", Show::kCount},
                      {"offsets_moved", "OFFSETS MOVED"}},
                     rows);
}

Result<Json> TableFiles(const catalog::LoadedTable& table) {
  const auto& metadata = *table.metadata;
  Json rows = Json::array();
  if (!metadata.current_snapshot_id) return rows;
  const Snapshot* snapshot = metadata.FindSnapshot(*metadata.current_snapshot_id);
  if (snapshot == nullptr) {
    return Fail(ErrorKind::kCorrupt, "{}: the current snapshot {} is not among the snapshots", table.metadata_location,
                *metadata.current_snapshot_id);
  }
  FRAZIL_RETURN_IF_ERROR(
      iceberg::VisitLiveEntries(*snapshot, *table.io, [&](const iceberg::ManifestEntry& entry) -> Status {
        rows.push_back(FileRow(entry, metadata));
        return {};
      }));
  return rows;
}

std::string TableFilesText(const Json& files) {
  return FormatTable({{"records", "ROWS", Show::kCount},
                      {"bytes", "SIZE", Show::kBytes},
                      {"content", "CONTENT"},
                      {"partition", "PARTITION"},
                      {"path", "PATH"}},
                     files);
}

Json TableHistory(const TableMetadata& metadata) {
  std::set<int64_t> ancestors;
  for (auto id = metadata.current_snapshot_id; id && ancestors.insert(*id).second;) {
    const Snapshot* snapshot = metadata.FindSnapshot(*id);
    id = snapshot == nullptr ? std::nullopt : snapshot->parent_snapshot_id;
  }
  Json rows = Json::array();
  for (const auto& entry : metadata.snapshot_log) {
    const Snapshot* snapshot = metadata.FindSnapshot(entry.snapshot_id);
    rows.push_back(
        {{"made_current_at_ms", entry.timestamp_ms},
         {"snapshot_id", entry.snapshot_id},
         {"parent_id",
          snapshot != nullptr && snapshot->parent_snapshot_id ? Json(*snapshot->parent_snapshot_id) : Json(nullptr)},
         {"is_current_ancestor", ancestors.contains(entry.snapshot_id)}});
  }
  return rows;
}

std::string TableHistoryText(const Json& history) {
  Json rows = history;
  for (auto& row : rows) row["is_current_ancestor"] = row["is_current_ancestor"].get<bool>() ? "yes" : "no";
  return FormatTable({{"made_current_at_ms", "MADE CURRENT AT", Show::kTime},
                      {"snapshot_id", "SNAPSHOT", Show::kNumber},
                      {"parent_id", "PARENT", Show::kNumber},
                      {"is_current_ancestor", "ANCESTOR OF CURRENT"}},
                     rows);
}

}  // namespace frazil::app
