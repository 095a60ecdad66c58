// An SQLite connection for the SQL catalog.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "catalog/sql_connection.h"
#include "common/result.h"

struct sqlite3;

namespace frazil::catalog {

// The file that a uri in SQLAlchemy's form names: "sqlite:///" and a path.
Result<std::string> SqliteFileOf(const std::string& uri);

// One connection. If the file at the path has been replaced, the new file is opened before the next statement, because
// nobody else sees the old one. Not thread-safe.
class Sqlite final : public SqlConnection {
 public:
  // Opens the file, and creates it and its directory if they are missing. Waits up to `busy_timeout_ms` if another
  // program holds the lock.
  //
  // The journal mode is not changed. Write-ahead logging would add files and shared memory to a database that others
  // may open read-only or over a network. And a Java JdbcCatalog never ends the read transaction of its first look at
  // the tables: with write-ahead logging it would see nothing new and could not write any more. Without it, it only
  // blocks others.
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
  uint64_t device_ = 0;  // device and inode of the open file
  uint64_t inode_ = 0;
};

}  // namespace frazil::catalog
