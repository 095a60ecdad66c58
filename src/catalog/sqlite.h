// SQLite, as much of it as the SQL catalog needs.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "catalog/sql_connection.h"
#include "common/result.h"

struct sqlite3;

namespace frazil::catalog {

// The file that a catalog's uri names, in SQLAlchemy's form: "sqlite:///" and its path.
Result<std::string> SqliteFileOf(const std::string& uri);

// One connection. A file that was put in the place of the one that was opened is opened in its stead, before the next
// statement: what was opened nobody else sees any more. Not thread-safe.
class Sqlite final : public SqlConnection {
 public:
  // Makes the file and its directory if need be. Waits up to `busy_timeout_ms` where another program holds the lock.
  //
  // The journal mode stays as it is. Write-ahead logging would bring more files and shared memory to a file that others
  // open, perhaps read-only or over a network; and a Java JdbcCatalog, which never ends the read transaction of its
  // first look at the tables, would then see nothing new and could write no more. Without it, it only blocks others.
  static SqlResult<Sqlite> Open(const std::string& path, int busy_timeout_ms);

  const std::string& place() const override { return place_; }
  using SqlConnection::Execute;
  using SqlConnection::Query;
  SqlResult<Rows> Query(const std::string& sql, const std::vector<std::string>& values) override;
  SqlResult<int> Execute(const std::string& sql, const std::vector<std::string>& values) override;
  SqlResult<bool> HasTable(const std::string& table) override;
  SqlResult<bool> HasColumn(const std::string& table, const std::string& column) override;

 private:
  struct Close {
    void operator()(sqlite3* db) const;
  };
  Sqlite(sqlite3* db, std::string path, int busy_timeout_ms);
  SqlError LastError() const;
  SqlError ErrorOf(int code, std::string message) const;
  SqlResult<void> FollowTheFile();

  std::unique_ptr<sqlite3, Close> db_;
  std::string path_;
  std::string place_;
  int busy_timeout_ms_;
  uint64_t device_ = 0;  // of the file that is open
  uint64_t inode_ = 0;
};

}  // namespace frazil::catalog
