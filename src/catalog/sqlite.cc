#include "catalog/sqlite.h"

#include <fmt/format.h>
#include <sqlite3.h>
#include <sys/stat.h>

#include <cerrno>
#include <filesystem>
#include <system_error>
#include <utility>

#include "common/log.h"

namespace frazil::catalog {

Result<std::string> SqliteFileOf(const std::string& uri) {
  constexpr std::string_view kPrefix = "sqlite:///";
  const std::string path = uri.starts_with(kPrefix) ? uri.substr(kPrefix.size()) : "";
  if (path.empty() || path == ":memory:" || path.find('?') != std::string::npos) {
    return Fail(ErrorKind::kInvalidArgument,
                "'{}' does not name a file: write sqlite:////absolute/path.db without parameters; for a catalog that "
                "is gone afterwards use type: memory",
                uri);
  }
  return std::filesystem::absolute(path).string();
}

Sqlite::Sqlite(sqlite3* db, std::string path, int busy_timeout_ms)
    : db_(db), path_(std::move(path)), place_("sqlite:///" + path_), busy_timeout_ms_(busy_timeout_ms) {
  struct stat info {};
  if (::stat(path_.c_str(), &info) != 0) return;
  device_ = info.st_dev;
  inode_ = info.st_ino;
}

SqlResult<void> Sqlite::FollowTheFile() {
  struct stat info {};
  if (::stat(path_.c_str(), &info) != 0) {
    return tl::unexpected(ErrorOf(SQLITE_READONLY_DBMOVED, std::generic_category().message(errno)));
  }
  if (info.st_dev == device_ && info.st_ino == inode_) return {};
  if (!S_ISREG(info.st_mode)) return tl::unexpected(ErrorOf(SQLITE_CANTOPEN, "it is not a regular file"));
  sqlite3* db = nullptr;
  // Without SQLITE_OPEN_CREATE: a new, empty file would be a catalog without tables.
  const int code = sqlite3_open_v2(path_.c_str(), &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, nullptr);
  Sqlite opened(db, path_, busy_timeout_ms_);
  if (code != SQLITE_OK) return tl::unexpected(ErrorOf(code, sqlite3_errstr(code)));
  sqlite3_extended_result_codes(db, 1);
  sqlite3_busy_timeout(db, busy_timeout_ms_);
  log::info("{} was replaced by another file, which is opened now", path_);
  *this = std::move(opened);
  return {};
}

void Sqlite::Close::operator()(sqlite3* db) const { sqlite3_close_v2(db); }

SqlError Sqlite::LastError() const { return ErrorOf(sqlite3_extended_errcode(db_.get()), sqlite3_errmsg(db_.get())); }

SqlError Sqlite::ErrorOf(int code, std::string message) const {
  SqlError error{.kind = ErrorKind::kIo, .message = std::move(message)};
  error.unique_violation = code == SQLITE_CONSTRAINT_PRIMARYKEY || code == SQLITE_CONSTRAINT_UNIQUE;
  if (code == SQLITE_READONLY_DBMOVED) {
    error.kind = ErrorKind::kUnavailable;
    error.message =
        fmt::format("the file was moved or deleted while it was open ({}). Put it back, or its backup", error.message);
    return error;
  }
  switch (code & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      error.kind = ErrorKind::kUnavailable;
      error.message = fmt::format(
          "another program has held its lock for {} s (a Java JdbcCatalog keeps one as long as it runs). End it (lsof "
          "shows who has the file open), or share tables by a REST catalog",
          busy_timeout_ms_ / 1000);
      break;
    case SQLITE_READONLY:
    case SQLITE_PERM:
      error.kind = ErrorKind::kUnauthorized;
      error.message += ". Let this user write the file and its directory";
      break;
    case SQLITE_IOERR:
      // SQLite rolls back a failed statement, but after an I/O error it may not have been able to.
      error.maybe_done = true;
      break;
    default:
      break;
  }
  return error;
}

SqlResult<Sqlite> Sqlite::Open(const std::string& path, int busy_timeout_ms) {
  struct stat info {};
  // SQLite would block on a pipe.
  if (::stat(path.c_str(), &info) == 0 && !S_ISREG(info.st_mode)) {
    return tl::unexpected(SqlError{.kind = ErrorKind::kUnavailable, .message = "it is not a regular file"});
  }
  std::error_code error;
  std::filesystem::create_directories(std::filesystem::path(path).parent_path(), error);  // Open itself says what fails
  sqlite3* db = nullptr;
  const int code =
      sqlite3_open_v2(path.c_str(), &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, nullptr);
  Sqlite opened(db, path, busy_timeout_ms);
  if (code != SQLITE_OK) {
    return tl::unexpected(db ? opened.LastError() : opened.ErrorOf(code, sqlite3_errstr(code)));
  }
  sqlite3_extended_result_codes(db, 1);
  sqlite3_busy_timeout(db, busy_timeout_ms);
  return opened;
}

SqlResult<Sqlite::Rows> Sqlite::Query(const std::string& sql, const std::vector<std::string>& values) {
  if (auto followed = FollowTheFile(); !followed) return tl::unexpected(std::move(followed).error());
  sqlite3_stmt* raw = nullptr;
  if (sqlite3_prepare_v2(db_.get(), sql.data(), static_cast<int>(sql.size()), &raw, nullptr) != SQLITE_OK) {
    return tl::unexpected(LastError());
  }
  const std::unique_ptr<sqlite3_stmt, int (*)(sqlite3_stmt*)> statement(raw, sqlite3_finalize);
  for (size_t i = 0; i < values.size(); ++i) {
    // SQLite numbers "$N" in the order of appearance, so the index is looked up by name.
    const int at = sqlite3_bind_parameter_index(raw, fmt::format("${}", i + 1).c_str());
    sqlite3_bind_text(raw, at, values[i].data(), static_cast<int>(values[i].size()), SQLITE_TRANSIENT);
  }
  Rows rows;
  int code = SQLITE_ROW;
  while ((code = sqlite3_step(raw)) == SQLITE_ROW) {
    std::vector<std::string>& row = rows.emplace_back();
    for (int i = 0; i < sqlite3_column_count(raw); ++i) {
      const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(raw, i));
      row.emplace_back(text ? text : "", text ? static_cast<size_t>(sqlite3_column_bytes(raw, i)) : 0);
    }
  }
  if (code != SQLITE_DONE) return tl::unexpected(LastError());
  return rows;
}

SqlResult<int> Sqlite::Execute(const std::string& sql, const std::vector<std::string>& values) {
  const auto rows = Query(sql, values);
  if (!rows) return tl::unexpected(rows.error());
  return sqlite3_changes(db_.get());
}

SqlResult<bool> Sqlite::HasTable(const std::string& table) {
  const auto rows = Query("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = $1", {table});
  if (!rows) return tl::unexpected(rows.error());
  return !rows->empty();
}

SqlResult<bool> Sqlite::HasColumn(const std::string& table, const std::string& column) {
  const auto rows = Query("SELECT 1 FROM pragma_table_info($1) WHERE name = $2", {table, column});
  if (!rows) return tl::unexpected(rows.error());
  return !rows->empty();
}

}  // namespace frazil::catalog
