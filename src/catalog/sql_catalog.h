// {type: sql}: the JDBC catalog's tables (reference: JdbcUtil, schema V1) in SQLite or Postgres, so that PyIceberg's
// SqlCatalog and Spark's JdbcCatalog open the same database.
#pragma once

#include <memory>
#include <string>

#include "catalog/catalog.h"
#include "catalog/table_files.h"
#include "common/result.h"
#include "common/secret.h"
#include "io/file_io.h"

namespace frazil::catalog {

struct SqlCatalogOptions {
  Secret uri;                   // "sqlite:////abs/file.db" or "postgresql://user:password@host/db?sslmode=…"
  std::string warehouse;        // "file:///…" or "s3://…"
  std::string name = "frazil";  // the catalog name in the tables
  io::Properties io;            // for MakeFileIo
  FileRules files = {};
  std::string user = {};  // of a database server; this and the password go before those of the uri
  Secret password = {};
};
Result<std::shared_ptr<Catalog>> OpenSqlCatalog(const SqlCatalogOptions& options);

}  // namespace frazil::catalog
