// Checks whether a local warehouse is the one that its catalog knows.
#pragma once

#include <string>

#include "catalog/pointer_store.h"
#include "common/result.h"
#include "io/file_io.h"

namespace frazil::catalog {

// An empty mount point looks like a new warehouse. The catalog's tables tell the difference: kUnavailable if it has
// tables below `warehouse`, and none of their metadata files can be found. Only local files are looked at.
Status CheckWarehouseIsThere(PointerStore& store, io::FileIo& io, const std::string& warehouse);

}  // namespace frazil::catalog
