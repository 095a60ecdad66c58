// `catalog:` of a sink.
#include <fmt/format.h>

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

using catalog::FileRules;
using catalog::GlueCatalogOptions;
using catalog::HiveCatalogOptions;
using catalog::MemoryCatalogOptions;
using catalog::RestCatalogOptions;
using catalog::SqlCatalogOptions;

constexpr std::string_view kHttp = "^https?://.";

// Warehouses that users of other systems bring along.
constexpr std::string_view kNoHdfs = "a warehouse on HDFS cannot be had; use s3:// or file:///";
constexpr Unsupported kNotBuilt[] = {{"hdfs:", kNoHdfs}, {"viewfs:", kNoHdfs}};

constexpr std::string_view kFolderForm =
    "file:///…, s3://…, gs://…, abfss://CONTAINER@ACCOUNT.dfs.core.windows.net/… or an absolute path";

enum class WarehouseIs : uint8_t { kFolder, kNameOrFolder };

template <WarehouseIs kind>
void ReadWarehouse(const Key& key, YamlMap& map, std::string& warehouse) {
  const auto text = map.Text(key.name);
  if (!text) return;
  for (const auto& [scheme, instead] : kNotBuilt) {
    if (!text->starts_with(scheme)) continue;
    return map.Add(key.name, fmt::format("\"{}\" is not supported: {}", scheme, instead));
  }
  warehouse = *text;
  const storage::Storage* const storage = storage::StorageOf(*text);
  const Status is_place = storage == nullptr ? Fail(ErrorKind::kUnsupported, "no such storage") : storage->check(*text);
  if (is_place) return;  // in Azure, what stands before "@" is the container
  if (storage != nullptr && !io::IsLocal(*text)) {
    map.Add(key.name, is_place.error().message);
  } else if (HasUserInfo(*text)) {
    ReportUserInfo(map, key.name, "put keys into s3:, gcs: or azure:");
  } else if (kind == WarehouseIs::kFolder) {
    map.Add(key.name, fmt::format("expected {}", kFolderForm));
  }
}

const Section<std::string>& Folder() {
  static const auto keys =
      Section<std::string>("catalog").Add({.type = Key::Type::kText,
                                           .name = "warehouse",
                                           .about = "where new tables lie: [a folder](#warehouse)",
                                           .missing = fmt::format("a folder as {}", kFolderForm),
                                           .pattern = "^(/|file:/|s3[an]?://.|gs://.|abfss?://.|wasbs?://.)"},
                                          ReadWarehouse<WarehouseIs::kFolder>);
  return keys;
}

// A REST catalog knows its warehouses by names of its own.
const Section<std::string>& NameOrFolder() {
  static const auto keys = Section<std::string>("catalog").Add(
      {.type = Key::Type::kText,
       .name = "warehouse",
       .about = "as the catalog knows it: by a name of its own, or [a folder](#warehouse)",
       .otherwise = "the catalog's own"},
      ReadWarehouse<WarehouseIs::kNameOrFolder>);
  return keys;
}

void ReadLocalFolders(const Key& key, YamlMap& map, FileRules& rules) {
  for (const std::string& folder : map.Texts(key.name)) {
    const auto path = io::PlainLocation(folder);
    if (!io::IsLocal(folder)) {
      map.Add(key.name, "expected folders of this machine, as file:///… or absolute paths");
    } else if (!path) {
      map.Add(key.name, path.error().message);
    } else {
      rules.local_folders.push_back(*path);
    }
  }
}

// What tables of a catalog may do with files.
const Section<FileRules>& FileKeys() {
  static const auto keys = Section<FileRules>("catalog").Add(
      {.type = Key::Type::kTexts,
       .name = "local_folders",
       .about = "folders of this machine in which tables may lie beside the warehouse, "
                "[see below](#places-of-this-machine)",
       .pattern = "^(/|file:/)"},
      ReadLocalFolders);
  return keys;
}

constexpr std::string_view kSqlForm =
    "sqlite:////absolute/path/catalog.db, with four slashes, or postgresql://USER@HOST/DATABASE";

void CheckSql(YamlMap& sql, SqlCatalogOptions& options) {
  const std::string& uri = options.uri.Reveal();
  if (catalog::IsPostgresUri(uri)) {
    const auto target = catalog::ParsePostgresUri(uri, options.user, options.password.Reveal());
    if (!target) sql.Add("uri", target.error().message);
  } else if (uri.starts_with("sqlite:") && !uri.starts_with("sqlite:////")) {
    sql.Add("uri", "expected sqlite:////absolute/path/catalog.db, with four slashes");
  } else if (!uri.empty() && !uri.starts_with("sqlite:")) {
    sql.Add("uri", fmt::format("expected {}; no other database is built in", kSqlForm));
  } else if (sql.Has("user") || sql.Has("password")) {
    sql.Add(sql.Has("user") ? "user" : "password", "a file has no users; it is for a postgresql:// uri");
  }
}

const Section<SqlCatalogOptions>& SqlKeys() {
  static const auto keys = Section<SqlCatalogOptions>("catalog")
                               .Text("uri", &SqlCatalogOptions::uri,
                                     "the database: `sqlite:////absolute/path.db` (four slashes) or "
                                     "[`postgresql://USER@HOST:PORT/DATABASE`](catalogs.md#postgres)")
                               .Required(fmt::format("the database, as {}", kSqlForm))
                               .Pattern("^(sqlite:////.|postgres(ql)?://.)")
                               .Text("user", &SqlCatalogOptions::user, "of a Postgres server, instead of that in `uri`")
                               .Text("password", &SqlCatalogOptions::password, "of that user")
                               .Otherwise("`PGPASSWORD`, `~/.pgpass`")
                               .With(&SqlCatalogOptions::warehouse, Folder())
                               .Text("name", &SqlCatalogOptions::name, "the catalog's name in the database's tables")
                               .With(&SqlCatalogOptions::files, FileKeys())
                               .Rule(CheckSql);
  return keys;
}

void CheckRest(YamlMap& rest, RestCatalogOptions& options) {
  if (!options.uri.empty() && !options.uri.starts_with("http://") && !options.uri.starts_with("https://")) {
    rest.Add("uri", "expected http://… or https://…");
  }
  if (const auto bundle = options.properties.find("ssl.cabundle"); bundle != options.properties.end()) {
    ReportNoFile(rest, "properties", bundle->second);
  }
  for (const std::string& server : options.trusted_servers) {
    const bool more = server.find_first_of("/?#@\\", server.find("://") + 3) != std::string::npos;
    if (!OriginOf(server) || more) rest.Add("trusted_servers", "expected https://HOST[:PORT] or http://HOST[:PORT]");
  }
}

const Section<RestCatalogOptions>& RestKeys() {
  static const auto keys =
      Section<RestCatalogOptions>("catalog")
          .Text("uri", &RestCatalogOptions::uri, "the catalog's address, as `http(s)://HOST:PORT/PATH`")
          .Required("the catalog's address, as http(s)://HOST:PORT/PATH")
          .Pattern(kHttp)
          .With(&RestCatalogOptions::warehouse, NameOrFolder())
          .Text("credential", &RestCatalogOptions::credential,
                "with a colon an OAuth2 client id and secret, else a bearer token")
          .TextMap("properties", &RestCatalogOptions::properties,
                   "those of Iceberg's REST clients: `oauth2-server-uri`, `scope`, `header.NAME`, "
                   "[`rest.sigv4-enabled`](catalogs.md#signed-requests), …")
          .Texts("trusted_servers", &RestCatalogOptions::trusted_servers,
                 "those besides itself that the catalog [may send Frazil to](trust.md#other-servers)")
          .Pattern("^https?://[^/?#@]+$")
          .With(&RestCatalogOptions::files, FileKeys())
          .Rule(CheckRest);
  return keys;
}

void CheckHive(YamlMap& hive, HiveCatalogOptions& options) {
  if (options.uri.empty()) return;
  const auto addresses = catalog::hive::ParseAddresses(options.uri);
  if (!addresses) hive.Add("uri", addresses.error().message);
}

const Section<HiveCatalogOptions>& HiveKeys() {
  static const auto keys =
      Section<HiveCatalogOptions>("catalog")
          .Text("uri", &HiveCatalogOptions::uri,
                "`thrift://HOST:PORT`, or several of one metastore as `thrift://HOST:PORT,HOST:PORT` (port 9083 where "
                "none is given)")
          .Required("the metastore, as thrift://HOST:PORT")
          .Pattern("^thrift://.")
          .With(&HiveCatalogOptions::warehouse, Folder())
          .With(&HiveCatalogOptions::files, FileKeys())
          .Rule(CheckHive)
          .NotYet({{"kerberos", ""}, {"sasl", ""}, {"ssl", ""}, {"lock", ""}});
  return keys;
}

void CheckGlue(YamlMap& glue, GlueCatalogOptions& options) {
  if (!options.endpoint.empty() && !OriginOf(options.endpoint)) glue.Add("endpoint", "expected http(s)://HOST[:PORT]");
  if (HasUserInfo(options.endpoint)) ReportUserInfo(glue, "endpoint", "keys have keys of their own");
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
}

const Section<GlueCatalogOptions>& GlueKeys() {
  static const auto keys =
      Section<GlueCatalogOptions>("catalog")
          .Text("region", &GlueCatalogOptions::region, "the region of the catalog")
          .Otherwise("that of the profile, or `AWS_REGION`")
          .Text("catalog_id", &GlueCatalogOptions::catalog_id, "the id of another AWS account")
          .Otherwise("the account that asks")
          .Text("profile", &GlueCatalogOptions::profile, "one of `~/.aws`")
          .Otherwise("without keys [AWS's chain](security.md#aws) finds the credentials")
          .Text("endpoint", &GlueCatalogOptions::endpoint, "`http(s)://HOST[:PORT]` of another server")
          .Pattern(kHttp)
          .Otherwise("AWS's of the region")
          .Text(
              "access_key_id", [](GlueCatalogOptions & glue) -> auto& { return glue.credentials.access_key_id; },
              "together with `secret_access_key`")
          .Text(
              "secret_access_key",
              [](GlueCatalogOptions & glue) -> auto& { return glue.credentials.secret_access_key; },
              "together with `access_key_id`")
          .Text(
              "session_token", [](GlueCatalogOptions & glue) -> auto& { return glue.credentials.session_token; },
              "of temporary credentials")
          .With(&GlueCatalogOptions::files, FileKeys())
          .Rule(CheckGlue)
          .NotYet({{"lake_formation", ""}, {"role_arn", "give a profile that has one"}});
  return keys;
}

// The options of the one kind that is configured, with what has been read of them.
template <class Options>
Options& Become(CatalogConfig& config) {
  auto* const held = std::get_if<Options>(&config);
  return held == nullptr ? config.emplace<Options>() : *held;
}

// A catalog whose settings stand in a map that carries the name of its type.
template <class Options>
Section<CatalogConfig> In(std::string_view type, const Section<Options>& keys, std::string_view about) {
  return Section<CatalogConfig>("catalog")
      .Map(type, Become<Options>, keys, about)
      .Required(fmt::format("a map with the settings of the {} catalog", type));
}

// Of which only the warehouse stands in the catalog's own map.
template <class Options>
const Section<Options>& WarehouseKeys() {
  static const auto keys = Section<Options>("catalog").With(&Options::warehouse, Folder());
  return keys;
}

}  // namespace

void ReportUserInfo(YamlMap& map, std::string_view key, std::string_view instead) {
  map.Add(key, fmt::format("holds a user or a password before \"@\", which would be shown wherever the place is; {}",
                           instead));
}

void ReportNoFile(YamlMap& map, std::string_view key, const std::string& path) {
  if (const Status file = io::CheckIsFileOrDirectory(path); !file) map.Add(key, file.error().message);
}

const Section<CatalogConfig>& CatalogKeys() {
  static const auto rest = In("rest", RestKeys(), "[Iceberg's REST protocol](catalogs.md)");
  static const auto sql = In("sql", SqlKeys(),
                             "the JDBC catalog's tables, so PyIceberg's SqlCatalog and Spark's "
                             "JdbcCatalog open it");
  static const auto hive = In("hive", HiveKeys(), "[a Hive Metastore](catalogs.md#hive)");
  static const auto glue = In("glue", GlueKeys(), "[AWS Glue's data catalog](catalogs.md#glue)")
                               .With(Become<GlueCatalogOptions>, WarehouseKeys<GlueCatalogOptions>());
  static const auto memory =
      Section<CatalogConfig>("catalog").With(Become<MemoryCatalogOptions>, WarehouseKeys<MemoryCatalogOptions>());
  static const auto keys =
      Section<CatalogConfig>("catalog")
          .Kinds("type", {{"rest", &rest}, {"sql", &sql}, {"hive", &hive}, {"glue", &glue}, {"memory", &memory}},
                 "which catalog has the table. Of `memory`, tables are gone when the process ends, and their files are "
                 "not: for trying out")
          .Required("one of rest, sql, hive, glue, memory")
          .RefusedWords({{"nessie", "use rest: Nessie speaks it at /iceberg"}});
  return keys;
}

}  // namespace frazil::app
