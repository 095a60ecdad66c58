// Reads the manifests of a snapshot.
#pragma once

#include <functional>
#include <vector>

#include "common/result.h"
#include "iceberg/manifest.h"
#include "iceberg/table_metadata.h"
#include "io/file_io.h"

namespace frazil::iceberg {

// Reads the snapshot's manifest list. In v1 a snapshot may list its manifests itself (spec, "Snapshots"); then each
// manifest is read to find what a list would say about it.
Result<std::vector<ManifestFile>> ManifestsOf(const Snapshot& snapshot, io::FileIo& io);

// The entries of a manifest, without deleted ones.
Result<std::vector<ManifestEntry>> ReadLiveEntries(const ManifestFile& manifest, io::FileIo& io);

// Calls `visit` for each live entry of the snapshot. Only one manifest is in memory at a time. Ends with the first
// error of `visit`.
using VisitEntry = std::function<Status(const ManifestEntry& entry)>;
Status VisitLiveEntries(const Snapshot& snapshot, io::FileIo& io, const VisitEntry& visit);

}  // namespace frazil::iceberg
