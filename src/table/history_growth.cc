#include "table/history_growth.h"

#include <fmt/format.h>

#include <algorithm>

#include "catalog/metadata_files.h"
#include "common/limits.h"
#include "common/log.h"

namespace frazil::table {
namespace {

constexpr size_t kManySnapshots = 1000;
constexpr size_t kManyFiles = 1000;

size_t KnownSnapshots(const iceberg::TableMetadata& metadata) {
  return metadata.history_is_cut ? 0 : metadata.snapshots.size();
}

// The number of older metadata files that nobody deletes.
size_t FilesLeftBehind(const catalog::LoadedTable& table) {
  const bool deleted = table.metadata->Property("write.metadata.delete-after-commit.enabled", "false") == "true";
  return deleted ? 0 : static_cast<size_t>(std::max(catalog::MetadataVersion(table.metadata_location), 0));
}

}  // namespace

std::vector<std::string> HistoryAdvice(const catalog::LoadedTable& table) {
  std::vector<std::string> advice;
  if (const size_t snapshots = KnownSnapshots(*table.metadata); snapshots >= kManySnapshots) {
    const double mebibytes = static_cast<double>(table.metadata->snapshots.text_size()) / Limits::kMiB;
    advice.push_back(fmt::format(
        "{} snapshots are kept, in {:.1f} MiB of metadata that grows with each commit (up to {}). Expire old ones "
        "(Spark: CALL system.expire_snapshots; Trino: ALTER TABLE … EXECUTE expire_snapshots), or commit more seldom "
        "(flush_interval_secs)",
        snapshots, mebibytes, CurrentLimits().metadata_file));
  }
  if (const size_t files = FilesLeftBehind(table); files >= kManyFiles) {
    advice.push_back(
        fmt::format("about {} older metadata files lie beside the current one. Set the table property "
                    "write.metadata.delete-after-commit.enabled=true, and remove old ones as orphan files",
                    files));
  }
  return advice;
}

void HistoryWatch::Look(const std::string& table_name, const catalog::LoadedTable& table) {
  const size_t grown = std::max(KnownSnapshots(*table.metadata), FilesLeftBehind(table));
  if (grown < std::max(kManySnapshots, 2 * told_at_)) return;
  told_at_ = grown;
  for (const std::string& advice : HistoryAdvice(table)) log::warn("table {}: {}", table_name, advice);
}

}  // namespace frazil::table
