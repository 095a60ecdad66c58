#include "app/catalog_config.h"

#include <cstdlib>
#include <filesystem>
#include <system_error>

#include "catalog/postgres_uri.h"
#include "catalog/rest_catalog.h"
#include "catalog/sql_catalog.h"
#include "common/text/url.h"
#include "http/http_client.h"

namespace frazil::app {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kSqlite = "sqlite:///";

Result<fs::path> DataFolder() {
  const char* data = std::getenv("XDG_DATA_HOME");
  if (data != nullptr && data[0] == '/') return fs::path(data) / "frazil";
  const char* home = std::getenv("HOME");
  if (home != nullptr && home[0] == '/') return fs::path(home) / ".local" / "share" / "frazil";
  return Fail(ErrorKind::kInvalidArgument,
              "no place for the embedded catalog: neither XDG_DATA_HOME nor HOME is an absolute path; set one of them, "
              "or name a catalog with --catalog");
}

// A plain path becomes an absolute file URI; any other scheme stays as it is.
Result<std::string> WarehouseUri(const std::string& text) {
  if (text.find(":/") != std::string::npos) return text;
  std::error_code error;
  const auto path = fs::absolute(text, error);
  if (error) return Fail(ErrorKind::kInvalidArgument, "cannot use warehouse {}: {}", text, error.message());
  return "file://" + path.lexically_normal().string();
}

// SQLAlchemy's form: four slashes before an absolute path, three before one relative to the working folder.
Result<std::string> SqliteFile(const std::string& uri) {
  const std::string file = uri.substr(kSqlite.size());
  if (file.empty()) {
    return Fail(ErrorKind::kInvalidArgument, "catalog {} names no file; expected sqlite:////absolute/path/catalog.db",
                uri);
  }
  std::error_code error;
  const auto path = fs::absolute(file, error);
  if (error) return Fail(ErrorKind::kInvalidArgument, "cannot use catalog {}: {}", uri, error.message());
  return path.lexically_normal().string();
}

Result<CatalogConfig> SqliteFromFlags(const CatalogFlags& flags) {
  FRAZIL_ASSIGN_OR_RETURN(const std::string file, SqliteFile(flags.catalog));
  catalog::SqlCatalogOptions options;
  options.uri = std::string(kSqlite) + file;
  if (!flags.name.empty()) options.name = flags.name;
  const auto beside = (fs::path(file).parent_path() / "warehouse").string();
  FRAZIL_ASSIGN_OR_RETURN(options.warehouse, WarehouseUri(flags.warehouse.empty() ? beside : flags.warehouse));
  return options;
}

// Every user of a machine can see its command lines, so a URL in a flag must hold no password.
Result<CatalogConfig> PostgresFromFlags(const CatalogFlags& flags) {
  FRAZIL_ASSIGN_OR_RETURN(const auto target, catalog::ParsePostgresUri(flags.catalog, "", ""));
  if (!target.password.empty()) {
    return Fail(ErrorKind::kInvalidArgument,
                "--catalog holds the password of {}, which everybody on this machine sees: put it into PGPASSWORD or "
                "~/.pgpass, or the catalog into a configuration file (-c FILE)",
                target.place);
  }
  if (flags.warehouse.empty()) {
    return Fail(ErrorKind::kInvalidArgument, "a catalog at {} needs --warehouse, the folder of new tables",
                target.place);
  }
  catalog::SqlCatalogOptions options;
  options.uri = flags.catalog;
  if (!flags.name.empty()) options.name = flags.name;
  FRAZIL_ASSIGN_OR_RETURN(options.warehouse, WarehouseUri(flags.warehouse));
  return options;
}

}  // namespace

const std::string& WarehouseOf(const CatalogConfig& config) {
  return std::visit([](const auto& options) -> const std::string& { return options.warehouse; }, config);
}

const io::Properties& StorageOf(const CatalogConfig& config) {
  return std::visit([](const auto& options) -> const io::Properties& { return options.io; }, config);
}

Result<CatalogConfig> CatalogFromFlags(const CatalogFlags& flags) {
  if (HasUserInfo(flags.warehouse)) {
    return Fail(
        ErrorKind::kInvalidArgument,
        "the warehouse holds a user or a password before \"@\", which would be shown wherever the place is; put "
        "keys into the AWS environment variables");
  }
  if (flags.catalog.starts_with("http://") || flags.catalog.starts_with("https://")) {
    catalog::RestCatalogOptions options;
    options.uri = flags.catalog;
    options.warehouse = flags.warehouse;
    return options;
  }
  if (flags.catalog.starts_with(kSqlite)) return SqliteFromFlags(flags);
  if (catalog::IsPostgresUri(flags.catalog)) return PostgresFromFlags(flags);
  if (!flags.catalog.empty()) {
    return Fail(ErrorKind::kInvalidArgument,
                "catalog \"{}\" is none that flags can name; expected sqlite:////absolute/path/catalog.db, "
                "postgresql://USER@HOST/DATABASE or http(s)://HOST; other catalogs need a configuration file (-c FILE)",
                http::PrintableUrl(flags.catalog));
  }
  FRAZIL_ASSIGN_OR_RETURN(const auto folder, DataFolder());
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) {
    return Fail(ErrorKind::kIo, "cannot make folder {} for the embedded catalog: {}", folder.string(), error.message());
  }
  CatalogFlags embedded = flags;
  embedded.catalog = std::string(kSqlite) + (folder / "catalog.db").string();
  return SqliteFromFlags(embedded);
}

}  // namespace frazil::app
