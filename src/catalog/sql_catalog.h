// {type: sql}: a catalog in SQLite or Postgres, with the database tables of the JDBC catalog (reference: JdbcUtil,
// schema V1). PyIceberg's SqlCatalog and Spark's JdbcCatalog can open the same database.
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
  std::string name = "frazil";  // the name of the catalog in the database
  io::Properties io;            // for MakeFileIo
  FileRules files = {};
  std::string user = {};  // user on the database server; user and password override those in the uri
  Secret password = {};
};
Result<std::shared_ptr<Catalog>> OpenSqlCatalog(const SqlCatalogOptions& options);

}  // namespace frazil::catalog
