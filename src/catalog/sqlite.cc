#include "catalog/sqlite.h"

#include <sqlite3.h>
#include <sys/stat.h>

#include <cerrno>
#include <filesystem>
#include <system_error>
#include <utility>

#include "common/log.h"

namespace frazil::catalog {

bool SqliteError::unique_violation() const {
  return code == SQLITE_CONSTRAINT_PRIMARYKEY || code == SQLITE_CONSTRAINT_UNIQUE;
}

bool SqliteError::busy() const { return (code & 0xff) == SQLITE_BUSY || (code & 0xff) == SQLITE_LOCKED; }

bool SqliteError::moved() const { return code == SQLITE_READONLY_DBMOVED; }

Sqlite::Sqlite(sqlite3* db, std::string path, int busy_timeout_ms)
    : db_(db), path_(std::move(path)), busy_timeout_ms_(busy_timeout_ms) {
  struct stat info {};
  if (::stat(path_.c_str(), &info) != 0) return;
  device_ = info.st_dev;
  inode_ = info.st_ino;
}

tl::expected<void, SqliteError> Sqlite::FollowTheFile() {
  struct stat info {};
  if (::stat(path_.c_str(), &info) != 0) {
    return tl::unexpected(SqliteError{SQLITE_READONLY_DBMOVED, std::generic_category().message(errno)});
  }
  if (info.st_dev == device_ && info.st_ino == inode_) return {};
  if (!S_ISREG(info.st_mode)) return tl::unexpected(SqliteError{SQLITE_CANTOPEN, "it is not a regular file"});
  sqlite3* db = nullptr;
  // Not made anew: an empty file would be a catalog without tables.
  const int code = sqlite3_open_v2(path_.c_str(), &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, nullptr);
  Sqlite opened(db, path_, busy_timeout_ms_);
  if (code != SQLITE_OK) return tl::unexpected(SqliteError{code, sqlite3_errstr(code)});
  sqlite3_extended_result_codes(db, 1);
  sqlite3_busy_timeout(db, busy_timeout_ms_);
  log::info("{} was replaced by another file, which is opened now", path_);
  *this = std::move(opened);
  return {};
}

void Sqlite::Close::operator()(sqlite3* db) const { sqlite3_close_v2(db); }

SqliteError Sqlite::LastError() const { return {sqlite3_extended_errcode(db_.get()), sqlite3_errmsg(db_.get())}; }

tl::expected<Sqlite, SqliteError> Sqlite::Open(const std::string& path, int busy_timeout_ms) {
  struct stat info {};
  // SQLite would wait for a pipe.
  if (::stat(path.c_str(), &info) == 0 && !S_ISREG(info.st_mode)) {
    return tl::unexpected(SqliteError{SQLITE_CANTOPEN, "it is not a regular file"});
  }
  std::error_code error;
  std::filesystem::create_directories(std::filesystem::path(path).parent_path(), error);  // Open itself says what fails
  sqlite3* db = nullptr;
  const int code =
      sqlite3_open_v2(path.c_str(), &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, nullptr);
  Sqlite opened(db, path, busy_timeout_ms);
  if (code != SQLITE_OK) {
    return tl::unexpected(db ? opened.LastError() : SqliteError{code, sqlite3_errstr(code)});
  }
  sqlite3_extended_result_codes(db, 1);
  sqlite3_busy_timeout(db, busy_timeout_ms);
  return opened;
}

tl::expected<Sqlite::Rows, SqliteError> Sqlite::Query(const std::string& sql, const std::vector<std::string>& values) {
  if (auto followed = FollowTheFile(); !followed) return tl::unexpected(std::move(followed).error());
  sqlite3_stmt* raw = nullptr;
  if (sqlite3_prepare_v2(db_.get(), sql.data(), static_cast<int>(sql.size()), &raw, nullptr) != SQLITE_OK) {
    return tl::unexpected(LastError());
  }
  const std::unique_ptr<sqlite3_stmt, int (*)(sqlite3_stmt*)> statement(raw, sqlite3_finalize);
  for (size_t i = 0; i < values.size(); ++i) {
    sqlite3_bind_text(raw, static_cast<int>(i) + 1, values[i].data(), static_cast<int>(values[i].size()),
                      SQLITE_TRANSIENT);
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

tl::expected<int, SqliteError> Sqlite::Execute(const std::string& sql, const std::vector<std::string>& values) {
  const auto rows = Query(sql, values);
  if (!rows) return tl::unexpected(rows.error());
  return sqlite3_changes(db_.get());
}

}  // namespace frazil::catalog
