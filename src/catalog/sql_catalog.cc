#include "catalog/sql_catalog.h"

#include <fmt/ranges.h>

#include <memory>
#include <mutex>
#include <set>

#include "catalog/pointer_catalog.h"
#include "catalog/postgres.h"
#include "catalog/sqlite.h"

namespace frazil::catalog {
namespace {

// How long to wait if another program holds SQLite's lock. A lock is held for one small statement only.
constexpr int kBusyTimeoutMs = 10'000;

// The tables of the reference implementation's JdbcUtil, schema V1.
constexpr char kCreateTables[] =
    "CREATE TABLE IF NOT EXISTS iceberg_tables("
    "catalog_name VARCHAR(255) NOT NULL, table_namespace VARCHAR(255) NOT NULL, table_name VARCHAR(255) NOT NULL, "
    "metadata_location VARCHAR(1000), previous_metadata_location VARCHAR(1000), iceberg_type VARCHAR(5), "
    "PRIMARY KEY (catalog_name, table_namespace, table_name))";
constexpr char kCreateNamespaceProperties[] =
    "CREATE TABLE IF NOT EXISTS iceberg_namespace_properties("
    "catalog_name VARCHAR(255) NOT NULL, namespace VARCHAR(255) NOT NULL, property_key VARCHAR(255), "
    "property_value VARCHAR(1000), PRIMARY KEY (catalog_name, namespace, property_key))";

std::string Join(const Namespace& ns) { return fmt::format("{}", fmt::join(ns, ".")); }

// The database stores namespaces as text with dots, so a level must not contain a dot.
Status CheckLevels(const Namespace& ns) {
  for (const std::string& level : ns) {
    if (level.empty() || level.find('.') != std::string::npos) {
      return Fail(ErrorKind::kInvalidArgument, "'{}' cannot be a level of a namespace in a SQL catalog: {}", level,
                  level.empty() ? "it is empty" : "it holds a dot");
    }
  }
  return {};
}

class SqlStore final : public PointerStore {
 public:
  // `typed` says that the database has schema V1, whose column iceberg_type tells tables from views. A V0 database is
  // used as it is.
  SqlStore(std::unique_ptr<SqlConnection> db, std::string name, bool typed)
      : name_(std::move(name)),
        typed_(typed),
        only_tables_(typed ? " AND (iceberg_type = 'TABLE' OR iceberg_type IS NULL)" : ""),
        db_(std::move(db)) {}

  std::string Describe() const override { return fmt::format("SQL catalog '{}' at {}", name_, db_->place()); }

  Result<std::vector<Namespace>> ListNamespaces() override {
    const auto rows = Query(
        "SELECT table_namespace FROM iceberg_tables WHERE catalog_name = $1 UNION "
        "SELECT namespace FROM iceberg_namespace_properties WHERE catalog_name = $1",
        {name_});
    if (!rows) return Failed(rows.error(), "list namespaces");
    std::set<Namespace> all;
    for (const auto& row : *rows) {
      Namespace ns = ParseNamespace(row[0]);
      for (; !ns.empty(); ns.pop_back()) all.insert(ns);  // "a.b" makes "a" exist, as in the reference
    }
    return std::vector<Namespace>(all.begin(), all.end());
  }

  Status CreateNamespace(const Namespace& ns) override {
    FRAZIL_RETURN_IF_ERROR(CheckLevels(ns));
    FRAZIL_ASSIGN_OR_RETURN(const bool exists, NamespaceExists(ns));
    if (!exists) {
      const auto inserted = Execute(
          "INSERT INTO iceberg_namespace_properties (catalog_name, namespace, property_key, property_value) "
          "VALUES ($1, $2, 'exists', 'true')",
          {name_, Join(ns)});
      if (inserted) return {};
      if (!inserted.error().unique_violation) return Failed(inserted.error(), "create namespace " + Join(ns));
    }
    return Fail(ErrorKind::kAlreadyExists, "namespace {} already exists in {}", Join(ns), Describe());
  }

  Result<bool> NamespaceExists(const Namespace& ns) override {
    const auto rows = Query(
        "SELECT 1 FROM iceberg_tables WHERE catalog_name = $1 AND "
        "(table_namespace = $2 OR substr(table_namespace, 1, length($3)) = $3) UNION "
        "SELECT 1 FROM iceberg_namespace_properties WHERE catalog_name = $1 AND "
        "(namespace = $2 OR substr(namespace, 1, length($3)) = $3)",
        {name_, Join(ns), Join(ns) + "."});
    if (!rows) return Failed(rows.error(), "look for namespace " + Join(ns));
    return !rows->empty();
  }

  Result<std::vector<std::string>> ListTables(const Namespace& ns) override {
    const auto rows = Query("SELECT table_name FROM iceberg_tables WHERE catalog_name = $1 AND table_namespace = $2" +
                                only_tables_ + " ORDER BY table_name",
                            {name_, Join(ns)});
    if (!rows) return Failed(rows.error(), "list the tables of " + Join(ns));
    std::vector<std::string> names;
    for (const auto& row : *rows) names.push_back(row[0]);
    return names;
  }

  Result<Pointer> Get(const TableIdent& ident) override {
    const auto rows = Query(
        "SELECT metadata_location FROM iceberg_tables WHERE catalog_name = $1 AND table_namespace = $2 AND "
        "table_name = $3" +
            only_tables_,
        {name_, Join(ident.ns), ident.name});
    if (!rows) return Failed(rows.error(), "load table " + ident.ToString());
    if (rows->empty()) {
      return Fail(ErrorKind::kNotFound, "table {} does not exist in {}{}", ident.ToString(), Describe(),
                  OtherCatalogs());
    }
    if ((*rows)[0][0].empty()) {
      return Fail(ErrorKind::kCorrupt, "table {} has no metadata_location in {}", ident.ToString(), Describe());
    }
    return Pointer{(*rows)[0][0], ""};
  }

  Status Insert(const TableIdent& ident, const std::string& location,
                const iceberg::TableMetadata& /*metadata*/) override {
    FRAZIL_RETURN_IF_ERROR(CheckLevels(ident.ns));
    const auto inserted =
        Execute(typed_ ? "INSERT INTO iceberg_tables (catalog_name, table_namespace, table_name, metadata_location, "
                         "previous_metadata_location, iceberg_type) VALUES ($1, $2, $3, $4, NULL, 'TABLE')"
                       : "INSERT INTO iceberg_tables (catalog_name, table_namespace, table_name, metadata_location, "
                         "previous_metadata_location) VALUES ($1, $2, $3, $4, NULL)",
                {name_, Join(ident.ns), ident.name, location});
    if (inserted) return {};
    if (inserted.error().unique_violation) return AlreadyThere(ident);
    return FailedChange(inserted.error(), "create table " + ident.ToString());
  }

  Status Swap(const TableIdent& ident, const Pointer& from, const std::string& to,
              const iceberg::TableMetadata& /*metadata*/) override {
    const auto changed = Execute(
        "UPDATE iceberg_tables SET metadata_location = $1, previous_metadata_location = $2 "
        "WHERE catalog_name = $3 AND table_namespace = $4 AND table_name = $5 AND metadata_location = $2" +
            only_tables_,
        {to, from.location, name_, Join(ident.ns), ident.name});
    if (!changed) return FailedChange(changed.error(), "commit to table " + ident.ToString());
    if (*changed == 1) return {};
    return Fail(ErrorKind::kCommitConflict, "Commit conflict - table was modified concurrently: {} in {}",
                ident.ToString(), Describe());
  }

  Status Remove(const TableIdent& ident) override {
    const auto removed =
        Execute("DELETE FROM iceberg_tables WHERE catalog_name = $1 AND table_namespace = $2 AND table_name = $3" +
                    only_tables_,
                {name_, Join(ident.ns), ident.name});
    if (!removed) return FailedChange(removed.error(), "drop table " + ident.ToString());
    if (*removed == 1) return {};
    return Fail(ErrorKind::kNotFound, "table {} does not exist in {}", ident.ToString(), Describe());
  }

  Status Rename(const TableIdent& from, const TableIdent& to) override {
    FRAZIL_RETURN_IF_ERROR(CheckLevels(to.ns));
    const auto renamed = Execute(
        "UPDATE iceberg_tables SET table_namespace = $1, table_name = $2 "
        "WHERE catalog_name = $3 AND table_namespace = $4 AND table_name = $5" +
            only_tables_,
        {Join(to.ns), to.name, name_, Join(from.ns), from.name});
    if (renamed && *renamed == 1) return {};
    if (renamed) return Fail(ErrorKind::kNotFound, "table {} does not exist in {}", from.ToString(), Describe());
    if (renamed.error().unique_violation) return AlreadyThere(to);
    return FailedChange(renamed.error(), fmt::format("rename table {} to {}", from.ToString(), to.ToString()));
  }

 private:
  tl::unexpected<Error> AlreadyThere(const TableIdent& ident) const {
    return Fail(ErrorKind::kAlreadyExists, "a table or view named {} already exists in {}", ident.ToString(),
                Describe());
  }
  SqlResult<SqlConnection::Rows> Query(const std::string& sql, const std::vector<std::string>& values) {
    std::lock_guard lock(mutex_);
    return db_->Query(sql, values);
  }
  SqlResult<int> Execute(const std::string& sql, const std::vector<std::string>& values) {
    std::lock_guard lock(mutex_);
    return db_->Execute(sql, values);
  }

  tl::unexpected<Error> Failed(const SqlError& error, const std::string& what) const {
    if (error.unreachable) {
      return Fail(error.kind, "Failed to connect to catalog at {}: {} (to {})", db_->place(), error.message, what);
    }
    return Fail(error.kind, "cannot {} in {}: {}", what, Describe(), error.message);
  }

  tl::unexpected<Error> FailedChange(const SqlError& error, const std::string& what) const {
    tl::unexpected<Error> failed = Failed(error, what);
    if (error.maybe_done) failed.value().kind = ErrorKind::kCommitUnknown;
    return failed;
  }

  // The names of other catalogs in the database, for messages: the user may have configured another name.
  std::string OtherCatalogs() {
    const auto rows =
        Query("SELECT DISTINCT catalog_name FROM iceberg_tables WHERE catalog_name <> $1 ORDER BY 1 LIMIT 5", {name_});
    if (!rows || rows->empty()) return "";
    std::vector<std::string> names;
    for (const auto& row : *rows) names.push_back("'" + row[0] + "'");
    return fmt::format(" (it also holds the catalogs {}; the setting sql.name chooses)", fmt::join(names, ", "));
  }

  const std::string name_;
  const bool typed_;
  const std::string only_tables_;
  std::mutex mutex_;  // of *db_
  const std::unique_ptr<SqlConnection> db_;
};

Result<std::unique_ptr<SqlConnection>> Connect(const SqlCatalogOptions& options) {
  const std::string& uri = options.uri.Reveal();
  if (uri.starts_with("sqlite:")) {
    FRAZIL_ASSIGN_OR_RETURN(const std::string path, SqliteFileOf(uri));
    auto db = Sqlite::Open(path, kBusyTimeoutMs);
    if (!db) {
      return Fail(ErrorKind::kUnavailable, "Failed to connect to catalog at {}: {} ({})", uri, db.error().message,
                  path);
    }
    return std::make_unique<Sqlite>(*std::move(db));
  }
  if (IsPostgresUri(uri)) {
    FRAZIL_ASSIGN_OR_RETURN(auto target, ParsePostgresUri(options.uri, options.user, options.password));
    auto db = Postgres::Open(std::move(target));
    if (!db) return tl::unexpected(db.error());
    return *std::move(db);
  }
  return Fail(ErrorKind::kUnsupported,
              "'{}' is no database that a SQL catalog can be in: write its uri as sqlite:////absolute/path.db or "
              "postgresql://HOST/DATABASE",
              uri.substr(0, uri.find(':') + 1) + "…");
}

// Creates the tables unless both exist; then no right to create tables is needed. Another process may be doing the
// same.
SqlResult<void> MakeTables(SqlConnection& db) {
  for (const auto& [table, create] : {std::pair("iceberg_tables", kCreateTables),
                                      std::pair("iceberg_namespace_properties", kCreateNamespaceProperties)}) {
    const auto there = db.HasTable(table);
    if (!there) return tl::unexpected(there.error());
    if (*there) continue;
    const auto created = db.Execute(create);
    if (created) continue;
    // The second process gets one of several errors: about a key, a relation or a type.
    const auto made_by_others = db.HasTable(table);
    if (!made_by_others || !*made_by_others) return tl::unexpected(created.error());
  }
  return {};
}

}  // namespace

Result<std::shared_ptr<Catalog>> OpenSqlCatalog(const SqlCatalogOptions& options) {
  FRAZIL_ASSIGN_OR_RETURN(auto db, Connect(options));
  const auto unreachable = [&](const SqlError& error) {
    const ErrorKind kind = error.kind == ErrorKind::kUnauthorized ? error.kind : ErrorKind::kUnavailable;
    return Fail(kind, "Failed to connect to catalog at {}: {}", db->place(), error.message);
  };
  if (const auto made = MakeTables(*db); !made) return unreachable(made.error());
  const auto typed = db->HasColumn("iceberg_tables", "iceberg_type");
  if (!typed) return unreachable(typed.error());
  return PointerCatalog::Open(std::make_unique<SqlStore>(std::move(db), options.name, *typed), options.warehouse,
                              options.io, options.files);
}

}  // namespace frazil::catalog
