// Which manifests a snapshot has.
#pragma once

#include <functional>
#include <vector>

#include "common/result.h"
#include "iceberg/manifest.h"
#include "iceberg/table_metadata.h"
#include "io/file_io.h"

namespace frazil::iceberg {

// Read from the snapshot's manifest list; in v1 the snapshot may name its manifests itself (spec, "Snapshots"), and
// then each of them is read to tell what a list would.
Result<std::vector<ManifestFile>> ManifestsOf(const Snapshot& snapshot, io::FileIo& io);

// The entries of a manifest but those that it says are deleted.
Result<std::vector<ManifestEntry>> ReadLiveEntries(const ManifestFile& manifest, io::FileIo& io);

// Hands each entry of these that the snapshot still has to `visit`, one manifest being in memory at a time. Ends with
// the first error that `visit` returns.
using VisitEntry = std::function<Status(const ManifestEntry& entry)>;
Status VisitLiveEntries(const Snapshot& snapshot, io::FileIo& io, const VisitEntry& visit);

}  // namespace frazil::iceberg
