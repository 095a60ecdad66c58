// A Postgres connection for the SQL catalog, with libpq.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "catalog/postgres_uri.h"
#include "catalog/sql_connection.h"
#include "common/result.h"

struct pg_conn;
struct pg_result;

namespace frazil::catalog {

struct PostgresWaits {
  std::chrono::milliseconds connect{10'000};
  // The time for one statement. The server is told to cancel it after two thirds of that. So a statement that waits for
  // another program's lock ends while we still wait, and is known not to be done.
  std::chrono::milliseconds statement{30'000};
};

// One connection. If it was lost, it is opened again before the next statement. The thread's StopScope ends its waits.
// Not thread-safe.
class Postgres final : public SqlConnection {
 public:
  // kUnavailable, or kUnauthorized if the server rejects the user. The message begins with "Failed to connect to
  // catalog at".
  static Result<std::unique_ptr<Postgres>> Open(PostgresTarget target, PostgresWaits waits = {});

  const std::string& place() const override { return target_.place; }
  using SqlConnection::Execute;
  using SqlConnection::Query;
  SqlResult<Rows> Query(const std::string& sql, const std::vector<std::string>& values) override;
  SqlResult<int> Execute(const std::string& sql, const std::vector<std::string>& values) override;
  SqlResult<bool> HasTable(const std::string& table) override;
  SqlResult<bool> HasColumn(const std::string& table, const std::string& column) override;

 private:
  using Deadline = std::chrono::steady_clock::time_point;
  struct Finish {
    void operator()(pg_conn* connection) const;
  };
  struct Clear {
    void operator()(pg_result* result) const;
  };
  using Answer = std::unique_ptr<pg_result, Clear>;

  Postgres(PostgresTarget target, PostgresWaits waits) : target_(std::move(target)), waits_(waits) {}
  SqlResult<void> Connect();
  SqlResult<void> FinishConnecting();
  // Connects if there is no connection, or if it has ended.
  SqlResult<void> BeConnected();
  // Sends one statement and reads its answer. If an error does not come from the server, the connection is closed.
  SqlResult<Answer> Send(const std::string& sql, const std::vector<std::string>& values);
  SqlResult<void> Await(bool writing, Deadline deadline) const;
  SqlError Lost(std::string why);  // closes the connection in the middle of a statement
  SqlError RefusalOf(const pg_result& result) const;
  SqlError NotConnected() const;
  std::string Shown(const char* message) const;

  const PostgresTarget target_;
  const PostgresWaits waits_;
  std::unique_ptr<pg_conn, Finish> connection_;
};

}  // namespace frazil::catalog
