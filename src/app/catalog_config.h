// The catalog that a configuration file or flags describe.
#pragma once

#include <string>
#include <variant>

#include "catalog/catalog.h"
#include "catalog/glue/glue_catalog.h"
#include "catalog/hive/hive_catalog.h"
#include "catalog/memory_catalog.h"
#include "catalog/rest_catalog.h"
#include "catalog/sql_catalog.h"
#include "common/result.h"

namespace frazil::app {

using CatalogConfig = std::variant<catalog::SqlCatalogOptions, catalog::RestCatalogOptions, catalog::HiveCatalogOptions,
                                   catalog::GlueCatalogOptions, catalog::MemoryCatalogOptions>;

// The warehouse as the configuration gives it; may be empty for a REST catalog.
const std::string& WarehouseOf(const CatalogConfig& config);
// The user's storage settings.
const io::Properties& StorageOf(const CatalogConfig& config);

// The flags that describe a catalog without a configuration file.
struct CatalogFlags {
  std::string catalog;    // "sqlite:///…" or "http(s)://…"; empty: the embedded one
  std::string warehouse;  // empty: beside the embedded catalog's file
  std::string name;       // of a SQL catalog in its tables; empty: the default
};
// Makes a configuration of the flags. Without `catalog` it is the embedded catalog, $XDG_DATA_HOME/frazil/catalog.db
// (~/.local/share/frazil/catalog.db without that variable), with the folder "warehouse" beside it. The folder is made.
// kInvalidArgument for flags that name no catalog; kIo if the folder cannot be made.
Result<CatalogConfig> CatalogFromFlags(const CatalogFlags& flags);

}  // namespace frazil::app
