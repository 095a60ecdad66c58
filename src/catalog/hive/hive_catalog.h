// {type: hive}: tables in a Hive Metastore, as the reference's HiveCatalog keeps them.
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
  std::string warehouse;  // "file:///…" or "s3://…": where new databases get their folder
  io::Properties io;      // for MakeFileIo
  FileRules files = {};
};
// kInvalidArgument names what is wrong with the options. The metastore is connected to with the first question.
Result<std::shared_ptr<Catalog>> OpenHiveCatalog(const HiveCatalogOptions& options);

}  // namespace frazil::catalog
