// Whether a warehouse of this machine is the one that its catalog knows.
#pragma once

#include <string>

#include "catalog/pointer_store.h"
#include "common/result.h"
#include "io/file_io.h"

namespace frazil::catalog {

// An empty mount point looks like a new warehouse. What the catalog remembers tells them apart: kUnavailable where it
// has tables below `warehouse`, and of none of them the metadata file can be found there. Nothing that lies elsewhere
// than on this machine is looked at.
Status CheckWarehouseIsThere(PointerStore& store, io::FileIo& io, const std::string& warehouse);

}  // namespace frazil::catalog
