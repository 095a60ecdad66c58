// The interface of a database connection, for the SQL catalog.
#pragma once

#include <string>
#include <vector>

#include "common/result.h"

namespace frazil::catalog {

// Why a statement failed, and what is known of its outcome.
struct SqlError {
  ErrorKind kind = ErrorKind::kIo;
  std::string message;            // the database's message, and what to do; no secrets
  bool unique_violation = false;  // a row with that key exists
  bool unreachable = false;       // there was no connection, so nothing was sent
  bool maybe_done = false;        // it was sent, and may have been executed
};
template <class T>
using SqlResult = tl::expected<T, SqlError>;

// Each statement is a transaction. "$1", "$2", … in it stand for `values`, which are text. A lost connection is opened
// again before the next statement. Not thread-safe.
class SqlConnection {
 public:
  using Rows = std::vector<std::vector<std::string>>;  // null becomes ""

  virtual ~SqlConnection() = default;
  virtual const std::string& place() const = 0;  // for messages, without secrets: "postgresql://host:5432/db"

  // For statements that change nothing. They may be sent again.
  virtual SqlResult<Rows> Query(const std::string& sql, const std::vector<std::string>& values) = 0;
  SqlResult<Rows> Query(const std::string& sql) { return Query(sql, {}); }
  // For statements that change rows. Returns how many rows were changed. Sent only once.
  virtual SqlResult<int> Execute(const std::string& sql, const std::vector<std::string>& values) = 0;
  SqlResult<int> Execute(const std::string& sql) { return Execute(sql, {}); }

  virtual SqlResult<bool> HasTable(const std::string& table) = 0;
  virtual SqlResult<bool> HasColumn(const std::string& table, const std::string& column) = 0;
};

}  // namespace frazil::catalog
