// Finds out by a real commit whether a catalog keeps offsets, and in which form.
#pragma once

#include <memory>

#include "catalog/catalog.h"
#include "common/result.h"
#include "table/offset_store.h"

namespace frazil::app {

// Makes a table in `ns` under a random name, commits a first position to it as a pipeline does, loads the table again
// and reads the offsets back. Then it drops the table and deletes its files. kUnsupported if the catalog keeps offsets
// in no form.
Result<table::OffsetForm> TryToKeepOffsets(const std::shared_ptr<catalog::Catalog>& catalog,
                                           const catalog::Namespace& ns);

}  // namespace frazil::app
