// {type: rest}: a catalog with Iceberg's REST protocol.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "catalog/catalog.h"
#include "catalog/table_files.h"
#include "common/result.h"
#include "common/secret.h"
#include "io/file_io.h"

namespace frazil::catalog {

struct RestCatalogOptions {
  std::string uri;
  std::string warehouse;                          // sent to /v1/config; may be empty
  Secret credential;                              // OAuth2 client id and secret if it has a colon; else a bearer token
  std::map<std::string, std::string> properties;  // "oauth2-server-uri", "scope", "header.X", …
  io::Properties io;  // the user's own storage settings; they override what the catalog vends
  std::vector<std::string> trusted_servers =
      {};  // http(s)://HOST[:PORT] of other servers that the catalog may send us to
  FileRules files = {};
};
Result<std::shared_ptr<Catalog>> OpenRestCatalog(const RestCatalogOptions& options);

}  // namespace frazil::catalog
