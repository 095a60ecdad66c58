// {type: hive}: tables in a Hive Metastore, stored as the reference implementation's HiveCatalog does.
#pragma once

#include <memory>
#include <string>

#include "catalog/catalog.h"
#include "catalog/table_files.h"
#include "common/result.h"
#include "io/file_io.h"

namespace frazil::catalog {

struct HiveCatalogOptions {
  std::string uri;        // "thrift://host:port[,host:port]"
  std::string warehouse;  // "file:///…" or "s3://…": new databases get a folder below it
  io::Properties io;      // for MakeFileIo
  FileRules files = {};
};
// kInvalidArgument if the options are wrong. The metastore is contacted only at the first request.
Result<std::shared_ptr<Catalog>> OpenHiveCatalog(const HiveCatalogOptions& options);

}  // namespace frazil::catalog
