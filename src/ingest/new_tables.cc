#include "ingest/new_tables.h"

namespace frazil::ingest {

void KeepFewMetadataFiles(iceberg::NewTable& table) {
  table.properties["write.metadata.delete-after-commit.enabled"] = "true";
  table.properties["write.metadata.previous-versions-max"] = "100";
}

}  // namespace frazil::ingest
