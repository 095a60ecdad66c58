// Settings of every table that Frazil creates.
#pragma once

#include "iceberg/table_update.h"

namespace frazil::ingest {

// Sets table properties so that only the last hundred metadata files are kept. Each commit leaves one.
void KeepFewMetadataFiles(iceberg::NewTable& table);

}  // namespace frazil::ingest
