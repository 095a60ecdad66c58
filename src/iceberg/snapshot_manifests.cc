#include "iceberg/snapshot_manifests.h"

#include <fmt/format.h>

namespace frazil::iceberg {

Result<std::vector<ManifestFile>> ManifestsOf(const Snapshot& snapshot, io::FileIo& io) {
  if (!snapshot.manifest_list.empty()) {
    FRAZIL_ASSIGN_OR_RETURN(const std::string bytes, io.ReadAll(snapshot.manifest_list));
    auto manifests = ReadManifestList(bytes);
    if (!manifests) return Wrap(manifests.error(), "manifest list " + snapshot.manifest_list);
    return manifests;
  }
  std::vector<ManifestFile> manifests;
  for (const std::string& path : snapshot.manifests) {
    FRAZIL_ASSIGN_OR_RETURN(const std::string bytes, io.ReadAll(path));
    FRAZIL_ASSIGN_OR_RETURN(manifests.emplace_back(), DescribeManifest(path, bytes));
  }
  return manifests;
}

Result<std::vector<ManifestEntry>> ReadLiveEntries(const ManifestFile& manifest, io::FileIo& io) {
  FRAZIL_ASSIGN_OR_RETURN(const std::string bytes, io.ReadAll(manifest.manifest_path));
  FRAZIL_ASSIGN_OR_RETURN(auto entries, ReadManifest(bytes, manifest));
  std::erase_if(entries, [](const ManifestEntry& entry) { return entry.status == EntryStatus::kDeleted; });
  return entries;
}

Status VisitLiveEntries(const Snapshot& snapshot, io::FileIo& io, const VisitEntry& visit) {
  FRAZIL_ASSIGN_OR_RETURN(const auto manifests, ManifestsOf(snapshot, io));
  for (const ManifestFile& manifest : manifests) {
    FRAZIL_ASSIGN_OR_RETURN(const auto entries, ReadLiveEntries(manifest, io));
    for (const ManifestEntry& entry : entries) FRAZIL_RETURN_IF_ERROR(visit(entry));
  }
  return {};
}

}  // namespace frazil::iceberg
