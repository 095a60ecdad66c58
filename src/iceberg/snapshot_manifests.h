// Which manifests a snapshot has.
#pragma once

#include <vector>

#include "common/result.h"
#include "iceberg/manifest.h"
#include "iceberg/table_metadata.h"
#include "io/file_io.h"

namespace frazil::iceberg {

// Read from the snapshot's manifest list; in v1 the snapshot may name its manifests itself (spec, "Snapshots"), and
// then each of them is read to tell what a list would.
Result<std::vector<ManifestFile>> ManifestsOf(const Snapshot& snapshot, io::FileIo& io);

}  // namespace frazil::iceberg
