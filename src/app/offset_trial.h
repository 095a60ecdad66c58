// Tries for real what only a commit can tell: whether a catalog keeps offsets, and in which form.
#pragma once

#include <memory>

#include "catalog/catalog.h"
#include "common/result.h"
#include "table/offset_store.h"

namespace frazil::app {

// Makes a table of its own in `ns`, lets a committer record a start in it as a pipeline's first commit does, and takes
// the table and its files away again. kUnsupported if the catalog keeps offsets in no form.
Result<table::OffsetForm> TryToKeepOffsets(const std::shared_ptr<catalog::Catalog>& catalog,
                                           const catalog::Namespace& ns);

}  // namespace frazil::app
