// A connection to a database, as much of one as the SQL catalog needs.
#pragma once

#include <string>
#include <vector>

#include "common/result.h"

namespace frazil::catalog {

// What became of a statement that failed.
struct SqlError {
  ErrorKind kind = ErrorKind::kIo;
  std::string message;            // why, in the database's words, and what to do; no secrets
  bool unique_violation = false;  // a row with that key is there
  bool unreachable = false;       // there is no connection: nothing was sent
  bool maybe_done = false;        // it was sent, and no answer says that it was not done
};
template <class T>
using SqlResult = tl::expected<T, SqlError>;

// Each statement is a transaction of its own; "$1", "$2", … in it are `values`, as text. A connection that was lost is
// made anew before the next statement. Not thread-safe.
class SqlConnection {
 public:
  using Rows = std::vector<std::vector<std::string>>;  // null reads as ""

  virtual ~SqlConnection() = default;
  virtual const std::string& place() const = 0;  // for messages: "postgresql://host:5432/db", no secrets

  // For statements that change nothing, which may be sent again.
  virtual SqlResult<Rows> Query(const std::string& sql, const std::vector<std::string>& values) = 0;
  SqlResult<Rows> Query(const std::string& sql) { return Query(sql, {}); }
  // For statements that change rows; how many. Sent once.
  virtual SqlResult<int> Execute(const std::string& sql, const std::vector<std::string>& values) = 0;
  SqlResult<int> Execute(const std::string& sql) { return Execute(sql, {}); }

  virtual SqlResult<bool> HasTable(const std::string& table) = 0;
  virtual SqlResult<bool> HasColumn(const std::string& table, const std::string& column) = 0;
};

}  // namespace frazil::catalog
