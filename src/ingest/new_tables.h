// What every table that Frazil makes has in common.
#pragma once

#include "iceberg/table_update.h"

namespace frazil::ingest {

// Frequent commits leave a metadata file each: the catalog is told to keep the last hundred only.
void KeepFewMetadataFiles(iceberg::NewTable& table);

}  // namespace frazil::ingest
