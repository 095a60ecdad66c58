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

}  // namespace frazil::iceberg
