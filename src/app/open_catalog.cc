#include "app/open_catalog.h"

#include <variant>

#include "catalog/glue/glue_catalog.h"
#include "catalog/hive/hive_catalog.h"
#include "catalog/memory_catalog.h"
#include "catalog/rest_catalog.h"
#include "catalog/sql_catalog.h"

namespace frazil::app {

Result<std::shared_ptr<catalog::Catalog>> OpenCatalog(const CatalogConfig& config) {
  struct Open {
    Result<std::shared_ptr<catalog::Catalog>> operator()(const catalog::SqlCatalogOptions& options) const {
      return catalog::OpenSqlCatalog(options);
    }
    Result<std::shared_ptr<catalog::Catalog>> operator()(const catalog::RestCatalogOptions& options) const {
      return catalog::OpenRestCatalog(options);
    }
    Result<std::shared_ptr<catalog::Catalog>> operator()(const catalog::HiveCatalogOptions& options) const {
      return catalog::OpenHiveCatalog(options);
    }
    Result<std::shared_ptr<catalog::Catalog>> operator()(const catalog::GlueCatalogOptions& options) const {
      return catalog::OpenGlueCatalog(options);
    }
    Result<std::shared_ptr<catalog::Catalog>> operator()(const catalog::MemoryCatalogOptions& options) const {
      return catalog::OpenMemoryCatalog(options);
    }
  };
  return std::visit(Open{}, config);
}

}  // namespace frazil::app
