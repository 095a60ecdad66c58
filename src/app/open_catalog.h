// Opens the catalog that a configuration describes.
#pragma once

#include <memory>

#include "app/catalog_config.h"
#include "catalog/catalog.h"
#include "common/result.h"

namespace frazil::app {

Result<std::shared_ptr<catalog::Catalog>> OpenCatalog(const CatalogConfig& config);

}  // namespace frazil::app
