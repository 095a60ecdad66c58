#include "catalog/postgres.h"

#include <fmt/format.h>
#include <libpq-fe.h>
#include <poll.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstdlib>
#include <string_view>
#include <system_error>
#include <utility>

#include "common/log.h"
#include "common/time/stop_flag.h"

namespace frazil::catalog {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds kCheckStopEvery{100};
constexpr Oid kText = 25;  // pg_type: everything here is text

// True if the SQLSTATE `state` (Postgres, Appendix A) begins with one of `beginnings`: a class or a whole code.
bool Is(std::string_view state, std::initializer_list<std::string_view> beginnings) {
  return std::any_of(beginnings.begin(), beginnings.end(),
                     [&](std::string_view one) { return state.starts_with(one); });
}
// The kind of error with which a server refuses or ends a connection: one that may pass, or one that needs a person.
ErrorKind KindOfEnd(std::string_view state) {
  if (Is(state, {"28", "42501"})) return ErrorKind::kUnauthorized;
  if (Is(state, {"3D000", "22023", "42704"})) return ErrorKind::kInvalidArgument;  // no such database, or parameter
  return ErrorKind::kUnavailable;
}

std::string_view FieldOf(const pg_result& result, int field) {
  const char* text = PQresultErrorField(&result, field);
  return text == nullptr ? std::string_view() : text;
}

// The SQLSTATE of a failed connection. libpq offers it only inside the message ("FATAL: 28P01: password … LOCATION: …",
// with PQERRORS_VERBOSE), and the message is in the server's language.
struct Refusal {
  std::string state;
  std::string words;
};
Refusal RefusalIn(std::string text) {
  text = text.substr(0, text.find(" LOCATION: "));
  const auto is_digit = [](unsigned char c) { return std::isdigit(c) != 0; };
  const auto is_state = [&](size_t at) {
    if (at + 6 >= text.size() || text[at + 5] != ':' || text[at + 6] != ' ') return false;
    const std::string_view five = std::string_view(text).substr(at, 5);
    // The word before it ("FATAL: ") has no digit.
    return std::any_of(five.begin(), five.end(), is_digit) &&
           std::all_of(five.begin(), five.end(), [&](unsigned char c) { return is_digit(c) || std::isupper(c) != 0; });
  };
  for (size_t at = text.find(": "); at != std::string::npos; at = text.find(": ", at + 1)) {
    if (!is_state(at + 2)) continue;
    std::string state = text.substr(at + 2, 5);
    text.erase(at + 2, 7);
    return {std::move(state), std::move(text)};
  }
  return {"", std::move(text)};
}

}  // namespace

void Postgres::Finish::operator()(pg_conn* connection) const { PQfinish(connection); }
void Postgres::Clear::operator()(pg_result* result) const { PQclear(result); }

std::string Postgres::Shown(const char* message) const {
  std::string text = target_.password.BlotFrom(message == nullptr ? "" : message);
  std::string line;  // libpq breaks its texts, and begins what follows with a tab
  for (const char c : text) {
    const bool is_blank = c == '\n' || c == '\t' || c == ' ';
    if (!is_blank) line += c;
    if (is_blank && !line.empty() && !line.ends_with(' ')) line += ' ';
  }
  while (line.ends_with(' ')) line.pop_back();
  return line;
}

Result<std::unique_ptr<Postgres>> Postgres::Open(PostgresTarget target, PostgresWaits waits) {
  std::unique_ptr<Postgres> opened(new Postgres(std::move(target), waits));
  if (const auto connected = opened->Connect(); !connected) {
    return Fail(connected.error().kind, "Failed to connect to catalog at {}: {}", opened->place(),
                connected.error().message);
  }
  return opened;
}

SqlError Postgres::NotConnected() const {
  auto [state, words] = RefusalIn(Shown(PQerrorMessage(connection_.get())));
  ErrorKind kind = KindOfEnd(state);
  if (PQconnectionNeedsPassword(connection_.get()) != 0) {
    kind = ErrorKind::kUnauthorized;
    words += ". Give it as `password`, or in PGPASSWORD or ~/.pgpass";
  }
  return {.kind = kind, .message = std::move(words), .unreachable = true};
}

SqlResult<void> Postgres::Connect() {
  if (const auto connected = FinishConnecting(); !connected) {
    connection_.reset();
    return connected;
  }
  // Limits a statement that waits for another program's lock.
  const std::string set = fmt::format("SET statement_timeout = {}", (waits_.statement * 2 / 3).count());
  auto answer = Send(set, {});
  if (!answer) {
    answer.error().unreachable = true;
    return tl::unexpected(std::move(answer).error());
  }
  return {};
}

SqlResult<void> Postgres::FinishConnecting() {
  std::vector<const char*> names;
  std::vector<const char*> values;
  const auto add = [&](const char* name, const char* value) {
    names.push_back(name);
    values.push_back(value);
  };
  add("fallback_application_name", "frazil");
  add("client_encoding", "UTF8");
  for (const auto& [name, value] : target_.parameters) add(name.c_str(), value.c_str());
  add(nullptr, nullptr);
  const Deadline deadline = steady_clock::now() + waits_.connect;
  connection_.reset(PQconnectStartParams(names.data(), values.data(), /*expand_dbname=*/0));
  if (!connection_) return tl::unexpected(SqlError{.message = "libpq gives no connection", .unreachable = true});
  PQsetErrorVerbosity(connection_.get(), PQERRORS_VERBOSE);
  PQsetNoticeProcessor(
      connection_.get(), [](void*, const char*) {}, nullptr);
  if (PQstatus(connection_.get()) == CONNECTION_BAD) return tl::unexpected(NotConnected());
  for (PostgresPollingStatusType polled = PGRES_POLLING_WRITING; polled != PGRES_POLLING_OK;) {
    if (auto waited = Await(polled == PGRES_POLLING_WRITING, deadline); !waited) {
      waited.error().unreachable = true;
      return waited;
    }
    polled = PQconnectPoll(connection_.get());
    if (polled == PGRES_POLLING_FAILED) return tl::unexpected(NotConnected());
  }
  PQsetErrorVerbosity(connection_.get(), PQERRORS_DEFAULT);
  PQsetnonblocking(connection_.get(), 1);
  return {};
}

SqlResult<void> Postgres::Await(bool writing, Deadline deadline) const {
  const int fd = PQsocket(connection_.get());
  if (fd < 0) return tl::unexpected(SqlError{.kind = ErrorKind::kUnavailable, .message = "the connection is closed"});
  // While writing, incoming bytes must be read too. Otherwise both sides could wait for each other.
  pollfd one{fd, static_cast<short>(writing ? POLLIN | POLLOUT : POLLIN), 0};
  for (;;) {
    if (StopScope::Asked()) return tl::unexpected(SqlError{.kind = ErrorKind::kCancelled, .message = "asked to stop"});
    const auto left = std::chrono::duration_cast<milliseconds>(deadline - steady_clock::now());
    if (left.count() <= 0) {
      return tl::unexpected(SqlError{.kind = ErrorKind::kUnavailable, .message = "the server does not answer"});
    }
    const int ready = ::poll(&one, 1, static_cast<int>(std::min(left, kCheckStopEvery).count()));
    if (ready > 0) return {};
    if (ready < 0 && errno != EINTR) {
      return tl::unexpected(
          SqlError{.kind = ErrorKind::kUnavailable, .message = std::generic_category().message(errno)});
    }
  }
}

SqlResult<void> Postgres::BeConnected() {
  if (connection_) {
    // If the server has closed the connection, this shows it without sending anything.
    pollfd one{PQsocket(connection_.get()), POLLIN, 0};
    const bool heard = one.fd < 0 || ::poll(&one, 1, 0) != 0;
    if (!heard || (PQconsumeInput(connection_.get()) == 1 && PQstatus(connection_.get()) == CONNECTION_OK &&
                   ::poll(&one, 1, 0) == 0)) {
      return {};
    }
    log::debug("the connection to {} has ended: {}", place(), Shown(PQerrorMessage(connection_.get())));
    connection_.reset();
  }
  return Connect();
}

SqlError Postgres::Lost(std::string why) {
  connection_.reset();
  return {.kind = ErrorKind::kUnavailable, .message = std::move(why), .maybe_done = true};
}

SqlError Postgres::RefusalOf(const pg_result& result) const {
  const std::string_view state = FieldOf(result, PG_DIAG_SQLSTATE);
  const std::string_view severity = FieldOf(result, PG_DIAG_SEVERITY_NONLOCALIZED);
  SqlError error{.kind = ErrorKind::kIo,
                 .message = Shown(std::string(FieldOf(result, PG_DIAG_MESSAGE_PRIMARY)).c_str())};
  if (error.message.empty()) error.message = Shown(PQresultErrorMessage(&result));
  if (severity == "FATAL" || severity == "PANIC" || Is(state, {"08"})) {
    // The server ended the session, maybe after it had executed the statement.
    error.kind = ErrorKind::kUnavailable;
    error.maybe_done = true;
  } else if (state == "23505") {
    error.unique_violation = true;
  } else if (Is(state, {"40"})) {
    error.kind = ErrorKind::kCommitConflict;  // undone in favour of another transaction
    error.maybe_done = state == "40003";      // statement completion unknown
  } else if (Is(state, {"55P03", "57014"})) {
    error.kind = ErrorKind::kUnavailable;
    error.message +=
        ": another program holds a lock on the catalog's tables (pg_stat_activity shows who), or the "
        "server is slow";
  } else if (Is(state, {"53", "57"})) {
    error.kind = ErrorKind::kUnavailable;  // out of something, or an operator's doing
  } else if (state == "25006") {
    error.kind = ErrorKind::kUnauthorized;
    error.message += ". Name the primary server, or add target_session_attrs=read-write to the uri";
  } else if (Is(state, {"42501"})) {
    error.kind = ErrorKind::kUnauthorized;
    error.message +=
        ". Grant the user SELECT, INSERT, UPDATE and DELETE on iceberg_tables and "
        "iceberg_namespace_properties, and CREATE on their schema where these are to be made";
  }
  return error;
}

SqlResult<Postgres::Answer> Postgres::Send(const std::string& sql, const std::vector<std::string>& values) {
  pg_conn* const connection = connection_.get();
  const std::vector<Oid> types(values.size(), kText);
  std::vector<const char*> texts;
  for (const std::string& value : values) {
    if (value.find('\0') != std::string::npos) {
      return tl::unexpected(SqlError{.kind = ErrorKind::kInvalidArgument, .message = "a text holds a zero byte"});
    }
    texts.push_back(value.c_str());
  }
  const auto why = [&] { return Shown(PQerrorMessage(connection)); };
  const Deadline deadline = steady_clock::now() + waits_.statement;
  if (PQsendQueryParams(connection, sql.c_str(), static_cast<int>(values.size()), types.data(), texts.data(), nullptr,
                        nullptr, /*resultFormat=*/0) == 0) {
    return tl::unexpected(Lost(why()));
  }
  // Reads the answer, until the server is ready for another statement.
  Answer answer;
  for (;;) {
    const int unsent = PQflush(connection);
    if (unsent < 0) return tl::unexpected(Lost(why()));
    if (unsent == 0 && PQisBusy(connection) == 0) {
      Answer next(PQgetResult(connection));
      if (!next) break;
      answer = std::move(next);
      continue;
    }
    if (const auto waited = Await(unsent == 1, deadline); !waited) {
      SqlError lost = Lost(waited.error().message);
      lost.kind = waited.error().kind;
      return tl::unexpected(std::move(lost));
    }
    if (PQconsumeInput(connection) == 0) return tl::unexpected(Lost(why()));
  }
  const ExecStatusType status = answer ? PQresultStatus(answer.get()) : PGRES_FATAL_ERROR;
  if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK) return answer;
  if (!answer) return tl::unexpected(Lost(why()));
  SqlError refused = RefusalOf(*answer);
  // "server closed the connection unexpectedly" comes from libpq itself, without a SQLSTATE.
  if (PQstatus(connection) != CONNECTION_OK) {
    refused.kind = ErrorKind::kUnavailable;
    refused.maybe_done = true;
    connection_.reset();
  }
  return tl::unexpected(std::move(refused));
}

SqlResult<SqlConnection::Rows> Postgres::Query(const std::string& sql, const std::vector<std::string>& values) {
  if (auto connected = BeConnected(); !connected) return tl::unexpected(std::move(connected).error());
  const auto answer = Send(sql, values);
  if (!answer) return tl::unexpected(answer.error());
  Rows rows;
  for (int i = 0; i < PQntuples(answer->get()); ++i) {
    std::vector<std::string>& row = rows.emplace_back();
    for (int j = 0; j < PQnfields(answer->get()); ++j) {
      row.emplace_back(PQgetvalue(answer->get(), i, j), static_cast<size_t>(PQgetlength(answer->get(), i, j)));
    }
  }
  return rows;
}

SqlResult<int> Postgres::Execute(const std::string& sql, const std::vector<std::string>& values) {
  if (auto connected = BeConnected(); !connected) return tl::unexpected(std::move(connected).error());
  const auto answer = Send(sql, values);
  if (!answer) return tl::unexpected(answer.error());
  return std::atoi(PQcmdTuples(answer->get()));
}

SqlResult<bool> Postgres::HasTable(const std::string& table) {
  const auto rows = Query("SELECT to_regclass($1) IS NOT NULL", {table});
  if (!rows) return tl::unexpected(rows.error());
  return (*rows)[0][0] == "t";
}

SqlResult<bool> Postgres::HasColumn(const std::string& table, const std::string& column) {
  const auto rows =
      Query("SELECT 1 FROM pg_attribute WHERE attrelid = to_regclass($1) AND attname = $2 AND NOT attisdropped",
            {table, column});
  if (!rows) return tl::unexpected(rows.error());
  return !rows->empty();
}

}  // namespace frazil::catalog
