// SQLite, as much of it as the SQL catalog needs.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/result.h"

struct sqlite3;
struct sqlite3_stmt;

namespace frazil::catalog {

// What became of a statement that SQLite refused.
struct SqliteError {
  int code = 0;  // SQLite's extended result code
  std::string message;
  bool unique_violation() const;
  bool busy() const;   // another program holds the lock; nothing was changed
  bool moved() const;  // the file is not where it was opened
};

// One connection. A file that was put in the place of the one that was opened is opened in its stead, before the next
// statement: what was opened nobody else sees any more. Not thread-safe.
class Sqlite {
 public:
  using Rows = std::vector<std::vector<std::string>>;  // null reads as ""

  // Makes the file and its directory if need be. Waits up to `busy_timeout_ms` where another program holds the lock.
  static tl::expected<Sqlite, SqliteError> Open(const std::string& path, int busy_timeout_ms);

  // Runs one statement with its ?1, ?2, … bound to `values`.
  tl::expected<Rows, SqliteError> Query(const std::string& sql, const std::vector<std::string>& values = {});
  // The same for a statement that changes rows; how many.
  tl::expected<int, SqliteError> Execute(const std::string& sql, const std::vector<std::string>& values = {});

 private:
  struct Close {
    void operator()(sqlite3* db) const;
  };
  Sqlite(sqlite3* db, std::string path, int busy_timeout_ms);
  SqliteError LastError() const;
  tl::expected<void, SqliteError> FollowTheFile();

  std::unique_ptr<sqlite3, Close> db_;
  std::string path_;
  int busy_timeout_ms_;
  uint64_t device_ = 0;  // of the file that is open
  uint64_t inode_ = 0;
};

}  // namespace frazil::catalog
