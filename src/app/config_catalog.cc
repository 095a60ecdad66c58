// `catalog:` of a sink.
#include <fmt/format.h>

#include <algorithm>

#include "app/config_sections.h"
#include "catalog/glue/glue_catalog.h"
#include "catalog/hive/address.h"
#include "catalog/memory_catalog.h"
#include "catalog/postgres_uri.h"
#include "catalog/rest_catalog.h"
#include "catalog/sql_catalog.h"
#include "common/text/url.h"
#include "io/confined_file_io.h"
#include "io/whole_file.h"
#include "storage/storage.h"

namespace frazil::app {
namespace {

enum class CatalogType { kSql, kRest, kHive, kGlue, kMemory };

struct Scheme {
  std::string_view scheme;
  std::string_view instead;
};
// Warehouses that users of other systems bring along.
constexpr Scheme kNotBuilt[] = {
    {"hdfs:", "a warehouse on HDFS cannot be had; use s3:// or file:///"},
    {"viewfs:", "a warehouse on HDFS cannot be had; use s3:// or file:///"},
};

// A REST catalog knows its warehouses by names of its own; elsewhere a warehouse is a folder.
std::string ReadWarehouse(YamlMap& map, bool must_be_folder) {
  constexpr const char* kExpected =
      "file:///…, s3://…, gs://…, abfss://CONTAINER@ACCOUNT.dfs.core.windows.net/… or an absolute path";
  if (must_be_folder) map.Require("warehouse", fmt::format("a folder as {}", kExpected));
  const auto text = map.Text("warehouse");
  if (!text) return {};
  for (const auto& [scheme, instead] : kNotBuilt) {
    if (text->starts_with(scheme)) {
      map.Add("warehouse", fmt::format("\"{}\" is not supported: {}", scheme, instead));
      return {};
    }
  }
  const storage::Storage* const storage = storage::StorageOf(*text);
  const Status is_place = storage == nullptr ? Fail(ErrorKind::kUnsupported, "no such storage") : storage->check(*text);
  if (is_place) return *text;  // in Azure, what stands before "@" is the container
  if (storage != nullptr && !io::IsLocal(*text)) {
    map.Add("warehouse", is_place.error().message);
  } else if (HasUserInfo(*text)) {
    ReportUserInfo(map, "warehouse", "put keys into s3:, gcs: or azure:");
  } else if (must_be_folder) {
    map.Add("warehouse", fmt::format("expected {}", kExpected));
  }
  return *text;
}

// What tables of a catalog may do with files.
catalog::FileRules ReadFileRules(YamlMap& map) {
  catalog::FileRules rules;
  for (const std::string& folder : map.Texts("local_folders")) {
    const auto path = io::PlainLocation(folder);
    if (!io::IsLocal(folder)) {
      map.Add("local_folders", "expected folders of this machine, as file:///… or absolute paths");
    } else if (!path) {
      map.Add("local_folders", path.error().message);
    } else {
      rules.local_folders.push_back(*path);
    }
  }
  return rules;
}

CatalogConfig ReadSql(YamlMap& sql, const io::Properties& storage) {
  catalog::SqlCatalogOptions options;
  constexpr const char* kExpected =
      "sqlite:////absolute/path/catalog.db, with four slashes, or postgresql://USER@HOST/DATABASE";
  sql.Require("uri", fmt::format("the database, as {}", kExpected));
  const std::string uri = sql.Text("uri").value_or("");
  options.uri = uri;
  options.user = sql.Text("user").value_or("");
  options.password = sql.Text("password").value_or("");
  if (catalog::IsPostgresUri(uri)) {
    const auto target = catalog::ParsePostgresUri(uri, options.user, options.password);
    if (!target) sql.Add("uri", target.error().message);
  } else if (uri.starts_with("sqlite:") && !uri.starts_with("sqlite:////")) {
    sql.Add("uri", "expected sqlite:////absolute/path/catalog.db, with four slashes");
  } else if (!uri.empty() && !uri.starts_with("sqlite:")) {
    sql.Add("uri", fmt::format("expected {}; no other database is built in", kExpected));
  } else if (sql.Has("user") || sql.Has("password")) {
    sql.Add(sql.Has("user") ? "user" : "password", "a file has no users; it is for a postgresql:// uri");
  }
  options.warehouse = ReadWarehouse(sql, true);
  options.name = sql.Text("name").value_or(options.name);
  options.io = storage;
  options.files = ReadFileRules(sql);
  sql.Finish(KnownPlaces());
  return options;
}

CatalogConfig ReadRest(YamlMap& rest, const io::Properties& storage) {
  catalog::RestCatalogOptions options;
  rest.Require("uri", "the catalog's address, as http(s)://HOST:PORT/PATH");
  options.uri = rest.Text("uri").value_or("");
  if (!options.uri.empty() && !options.uri.starts_with("http://") && !options.uri.starts_with("https://")) {
    rest.Add("uri", "expected http://… or https://…");
  }
  options.warehouse = ReadWarehouse(rest, false);
  options.credential = rest.Text("credential").value_or("");
  options.properties = rest.TextMap("properties");
  if (const auto bundle = options.properties.find("ssl.cabundle"); bundle != options.properties.end()) {
    if (const Status file = io::CheckIsFileOrDirectory(bundle->second); !file) {
      rest.Add("properties", file.error().message);
    }
  }
  options.trusted_servers = rest.Texts("trusted_servers");
  for (const std::string& server : options.trusted_servers) {
    const bool more = server.find_first_of("/?#@\\", server.find("://") + 3) != std::string::npos;
    if (!OriginOf(server) || more) rest.Add("trusted_servers", "expected https://HOST[:PORT] or http://HOST[:PORT]");
  }
  options.io = storage;
  options.files = ReadFileRules(rest);
  rest.Finish(KnownPlaces());
  return options;
}

CatalogConfig ReadHive(YamlMap& hive, const io::Properties& storage) {
  catalog::HiveCatalogOptions options;
  hive.Require("uri", "the metastore, as thrift://HOST:PORT");
  options.uri = hive.Text("uri").value_or("");
  if (!options.uri.empty()) {
    const auto addresses = catalog::hive::ParseAddresses(options.uri);
    if (!addresses) hive.Add("uri", addresses.error().message);
  }
  options.warehouse = ReadWarehouse(hive, true);
  options.io = storage;
  options.files = ReadFileRules(hive);
  hive.NotYet({{"kerberos", ""}, {"sasl", ""}, {"ssl", ""}, {"lock", ""}});
  hive.Finish(KnownPlaces());
  return options;
}

// The warehouse stands beside `glue`.
CatalogConfig ReadGlue(YamlMap& glue, const std::string& warehouse, const io::Properties& storage) {
  catalog::GlueCatalogOptions options;
  options.warehouse = warehouse;
  options.region = glue.Text("region").value_or("");
  options.catalog_id = glue.Text("catalog_id").value_or("");
  options.profile = glue.Text("profile").value_or("");
  options.endpoint = glue.Text("endpoint").value_or("");
  if (!options.endpoint.empty() && !OriginOf(options.endpoint)) glue.Add("endpoint", "expected http(s)://HOST[:PORT]");
  if (HasUserInfo(options.endpoint)) ReportUserInfo(glue, "endpoint", "keys have keys of their own");
  options.credentials = {glue.Text("access_key_id").value_or(""), glue.Text("secret_access_key").value_or(""),
                         glue.Text("session_token").value_or("")};
  if (glue.Has("access_key_id") != glue.Has("secret_access_key")) {
    glue.Add(glue.Has("access_key_id") ? "access_key_id" : "secret_access_key",
             "access_key_id and secret_access_key belong together; give both or none");
  }
  if (glue.Has("session_token") && !glue.Has("access_key_id")) {
    glue.Add("session_token", "belongs to an access_key_id and a secret_access_key; give all three");
  }
  if (glue.Has("profile") && glue.Has("access_key_id")) {
    glue.Add("profile", "says who asks, and access_key_id does too; give one of them");
  }
  options.io = storage;
  options.files = ReadFileRules(glue);
  glue.NotYet({{"lake_formation", ""}, {"role_arn", "give a profile that has one"}});
  glue.Finish(KnownPlaces());
  return options;
}

// The map that carries the name of the catalog's type.
std::optional<YamlMap> Details(YamlMap& catalog, std::string_view type) {
  catalog.Require(type, fmt::format("a map with the settings of the {} catalog", type));
  return catalog.Map(type);
}

}  // namespace

void ReportUserInfo(YamlMap& map, std::string_view key, std::string_view instead) {
  map.Add(key, fmt::format("holds a user or a password before \"@\", which would be shown wherever the place is; {}",
                           instead));
}

CatalogConfig ReadCatalog(YamlMap& catalog, const io::Properties& storage) {
  catalog.Require("type", "one of rest, sql, hive, glue, memory");
  const auto type = catalog.OneOf<CatalogType>("type",
                                               {{"rest", CatalogType::kRest},
                                                {"sql", CatalogType::kSql},
                                                {"hive", CatalogType::kHive},
                                                {"glue", CatalogType::kGlue},
                                                {"memory", CatalogType::kMemory}},
                                               {{"nessie", "use rest: Nessie speaks it at /iceberg"}});
  if (!type) return {};  // what the other keys mean depends on it
  CatalogConfig config;
  switch (*type) {
    case CatalogType::kSql:
      if (auto sql = Details(catalog, "sql")) config = ReadSql(*sql, storage);
      break;
    case CatalogType::kRest:
      if (auto rest = Details(catalog, "rest")) config = ReadRest(*rest, storage);
      break;
    case CatalogType::kHive:
      if (auto hive = Details(catalog, "hive")) config = ReadHive(*hive, storage);
      break;
    case CatalogType::kGlue: {
      const std::string warehouse = ReadWarehouse(catalog, true);
      if (auto glue = Details(catalog, "glue")) config = ReadGlue(*glue, warehouse, storage);
      break;
    }
    case CatalogType::kMemory: {
      catalog::MemoryCatalogOptions options;
      options.warehouse = ReadWarehouse(catalog, true);
      options.io = storage;
      config = options;
      break;
    }
  }
  catalog.Finish(KnownPlaces());
  return config;
}

}  // namespace frazil::app
