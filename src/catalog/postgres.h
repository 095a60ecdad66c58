// Postgres, as much of it as the SQL catalog needs, by its own library.
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
  // For one statement. The server is told to end it earlier than that, so that one which waits for another program's
  // lock is known not to be done.
  std::chrono::milliseconds statement{30'000};
};

// One connection. It is made anew before a statement if it was lost. The thread's StopScope ends its waits. Not
// thread-safe.
class Postgres final : public SqlConnection {
 public:
  // kUnavailable, or kUnauthorized where the server refuses the user: "Failed to connect to catalog at …".
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
  // Connects if there is no connection, or if the one there turns out to have ended.
  SqlResult<void> BeConnected();
  // Sends one statement and takes its answer. After an error that came from no server the connection is gone.
  SqlResult<Answer> Send(const std::string& sql, const std::vector<std::string>& values);
  SqlResult<void> Await(bool writing, Deadline deadline) const;
  SqlError Lost(std::string why);  // closes the connection, in the midst of a statement
  SqlError RefusalOf(const pg_result& result) const;
  SqlError NotConnected() const;
  std::string Shown(const char* message) const;

  const PostgresTarget target_;
  const PostgresWaits waits_;
  std::unique_ptr<pg_conn, Finish> connection_;
};

}  // namespace frazil::catalog
