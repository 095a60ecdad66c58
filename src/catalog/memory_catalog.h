// {type: memory}: the list of tables is in this process and is lost when it ends. The files are in the warehouse.
#pragma once

#include <memory>
#include <string>

#include "catalog/catalog.h"
#include "common/result.h"
#include "io/file_io.h"

namespace frazil::catalog {

struct MemoryCatalogOptions {
  std::string warehouse;
  io::Properties io;
};
Result<std::shared_ptr<Catalog>> OpenMemoryCatalog(const MemoryCatalogOptions& options);

}  // namespace frazil::catalog
