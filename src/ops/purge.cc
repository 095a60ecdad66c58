#include "ops/purge.h"

#include <algorithm>
#include <mutex>
#include <set>
#include <utility>

#include "common/system/parallel.h"
#include "iceberg/json_members.h"
#include "iceberg/location_provider.h"
#include "iceberg/manifest.h"
#include "iceberg/snapshot_manifests.h"
#include "io/confined_file_io.h"
#include "io/location.h"
#include "table/offset_history.h"

namespace frazil::ops {
namespace {

namespace json = iceberg::json;

constexpr size_t kThreads = 16;

class Collector {
 public:
  explicit Collector(const catalog::LoadedTable& table) : table_(table) {}

  Result<std::vector<std::string>> Run() {
    const iceberg::TableMetadata& metadata = *table_.metadata;
    for (const iceberg::Snapshot& snapshot : metadata.snapshots) FRAZIL_RETURN_IF_ERROR(AddSnapshot(snapshot));
    for (const char* member : {"statistics", "partition-statistics"}) FRAZIL_RETURN_IF_ERROR(AddStatistics(member));
    std::set<std::string> tables;
    for (const auto& entry : metadata.metadata_log) tables.insert(entry.metadata_file);
    if (!table_.metadata_location.empty()) tables.insert(table_.metadata_location);
    tables.insert(io::StripTrailingSlashes(metadata.location) + "/metadata/version-hint.text");
    std::vector<std::string> all(data_.begin(), data_.end());
    for (const auto* more : {&manifests_, &lists_, &tables}) all.insert(all.end(), more->begin(), more->end());
    return all;
  }

 private:
  Status AddSnapshot(const iceberg::Snapshot& snapshot) {
    if (!snapshot.manifest_list.empty()) lists_.insert(snapshot.manifest_list);
    for (const std::string_view key : {table::kSummaryRangesFile, table::kSummaryErrorsFile, table::kSummaryReplayed}) {
      if (const auto file = snapshot.summary.find(std::string(key)); file != snapshot.summary.end()) {
        lists_.insert(file->second);
      }
    }
    FRAZIL_ASSIGN_OR_RETURN(const auto manifests, iceberg::ManifestsOf(snapshot, *table_.io));
    for (const iceberg::ManifestFile& manifest : manifests) {
      if (!manifests_.insert(manifest.manifest_path).second) continue;
      FRAZIL_ASSIGN_OR_RETURN(const auto entries, iceberg::ReadLiveEntries(manifest, *table_.io));
      for (const iceberg::ManifestEntry& entry : entries) data_.insert(entry.data_file.file_path);
    }
    return {};
  }

  Status AddStatistics(const char* member) {
    const auto found = table_.metadata->carried.find(member);
    if (found == table_.metadata->carried.end()) return {};
    FRAZIL_ASSIGN_OR_RETURN(const json::Json files, json::Parse(found->second));
    for (const json::Json& file : files) {
      FRAZIL_RETURN_IF_ERROR(json::ExpectObject(file, member));
      FRAZIL_ASSIGN_OR_RETURN(const auto path, json::Optional<std::string>(file, "statistics-path"));
      if (path) data_.insert(*path);
    }
    return {};
  }

  const catalog::LoadedTable& table_;
  std::set<std::string> data_;
  std::set<std::string> manifests_;
  std::set<std::string> lists_;
};

bool LiesBelow(const std::string& file, const std::vector<std::string>& folders) {
  const auto plain = io::PlainLocation(file);
  return plain && std::any_of(folders.begin(), folders.end(), [&](const std::string& folder) {
           const auto place = io::PlainLocation(folder);
           return place && io::IsLocal(file) == io::IsLocal(folder) && io::LiesIn(*plain, *place);
         });
}

}  // namespace

Result<std::vector<std::string>> FilesOf(const catalog::LoadedTable& table) {
  if (table.metadata->Property("gc.enabled", "true") == "false") {
    return Fail(ErrorKind::kInvalidArgument,
                "its property gc.enabled is false: its files are not to be deleted, since others may use them. Drop it "
                "without --purge, or unset the property");
  }
  return Collector(table).Run();
}

PurgeReport DeleteFiles(const std::vector<std::string>& files, const catalog::LoadedTable& table) {
  const iceberg::LocationProvider provider(*table.metadata);
  const std::vector<std::string> folders = {io::StripTrailingSlashes(table.metadata->location), provider.data_folder(),
                                            provider.metadata_folder()};
  PurgeReport report;
  std::mutex mutex;
  const Status done = ForEachInParallel(files.size(), kThreads, [&](size_t index) -> Status {
    const std::string& file = files[index];
    const bool ours = LiesBelow(file, folders);
    const Status deleted = ours ? table.io->Delete(file) : Status();
    const std::lock_guard lock(mutex);
    if (!ours) {
      report.elsewhere.push_back(file);
    } else if (deleted) {
      ++report.deleted;
    } else {
      report.failed.push_back(deleted.error().message);
    }
    return {};
  });
  if (!done) report.failed.push_back(done.error().message);
  return report;
}

}  // namespace frazil::ops
