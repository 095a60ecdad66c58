#include "catalog/hive/metastore_client.h"

#include <hive_wire/Metastore.h>
#include <thrift/TApplicationException.h>
#include <thrift/transport/TBufferTransports.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include "catalog/hive/protocol.h"
#include "catalog/hive/socket.h"
#include "common/limits.h"
#include "common/random.h"
#include "common/text/shown.h"
#include "common/time/stop_flag.h"

namespace frazil::catalog::hive {
namespace {

using apache::thrift::TApplicationException;
using apache::thrift::TException;
using apache::thrift::protocol::TBinaryProtocol;
using apache::thrift::protocol::TProtocolException;
using apache::thrift::transport::TBufferedTransport;
using apache::thrift::transport::TTransportException;
using std::chrono::milliseconds;

// The deepest reply is a table in a result, whose storage descriptor has a list of columns.
constexpr int kDeepest = 32;
// One address of several must not use up the whole time.
constexpr auto kConnectTimeout = std::chrono::seconds(10);
// For releasing a lock that nobody needs any more.
constexpr auto kUnlockTimeout = std::chrono::seconds(2);

// Hive's LockType, LockLevel, DataOperationType and LockState.
constexpr int32_t kExclusive = 3, kTableLevel = 2, kOperationUnset = 5;
constexpr int32_t kAcquired = 1, kWaiting = 2;

std::string HostName() {
  char name[256] = "unknown";
  ::gethostname(name, sizeof name - 1);
  return name;
}

std::string UserName() {
  const char* user = std::getenv("USER");
  return user != nullptr && *user != '\0' ? user : "frazil";
}

// The server's message, shortened, because it may contain a stack trace.
std::string Words(const std::string& text) { return text.empty() ? "without a reason" : Shown(text, 500); }

// Only the text tells this failure from others.
bool SaysThatItWasModified(const std::string& text) { return text.find("The table has been modified") != text.npos; }

Result<Lock> LockOf(const wire::LockResponse& response) {
  if (response.state == kAcquired) return Lock{response.lockid, LockState::kHeld};
  if (response.state == kWaiting) return Lock{response.lockid, LockState::kWaits};
  return Fail(ErrorKind::kUnavailable, "the metastore gave no lock (state {}): {}", response.state,
              Words(response.errorMessage));
}

}  // namespace

std::shared_ptr<apache::thrift::TConfiguration> WireLimits() {
  const auto most = static_cast<int>(CurrentLimits().hive_reply.amount());
  return std::make_shared<apache::thrift::TConfiguration>(most, most, kDeepest);
}

std::shared_ptr<apache::thrift::protocol::TProtocol> MakeProtocol(
    std::shared_ptr<apache::thrift::transport::TTransport> transport) {
  const auto& limits = CurrentLimits();
  return std::make_shared<TBinaryProtocol>(std::move(transport), static_cast<int32_t>(limits.hive_reply.amount()),
                                           static_cast<int32_t>(limits.hive_entries.amount()), /*strict_read=*/true,
                                           /*strict_write=*/true);
}

MetastoreClient::MetastoreClient(std::vector<Address> addresses) : addresses_(std::move(addresses)) {}
MetastoreClient::~MetastoreClient() = default;

int64_t MetastoreClient::connection() const {
  std::lock_guard lock(mutex_);
  return connection_;
}

Status MetastoreClient::Connect(Deadline deadline) {
  if (wire_ != nullptr) return {};
  std::string reasons;
  for (size_t tried = 0; tried < addresses_.size(); ++tried, at_ = (at_ + 1) % addresses_.size()) {
    auto socket = Socket::Connect(addresses_[at_], std::min(deadline, Socket::Clock::now() + kConnectTimeout));
    if (!socket && socket.error().kind == ErrorKind::kCancelled) return tl::unexpected<Error>(socket.error());
    if (!socket) {
      reasons +=
          fmt::format("{}{}: {}", reasons.empty() ? "" : "; ", addresses_[at_].ToString(), socket.error().message);
      continue;
    }
    socket_ = *std::move(socket);
    const auto buffered = std::make_shared<TBufferedTransport>(socket_, WireLimits());
    wire_ = std::make_unique<wire::MetastoreClient>(MakeProtocol(buffered));
    ++connection_;
    return {};
  }
  return Fail(ErrorKind::kUnavailable, "Failed to connect to catalog at {}", reasons);
}

Status MetastoreClient::Try(const std::string& what, Effect effect, const Call& call, Deadline deadline) {
  FRAZIL_RETURN_IF_ERROR(Connect(deadline));
  const std::string place = addresses_[at_].ToString();
  socket_->Begin(deadline, CurrentLimits().hive_reply.amount());
  // The server answered, so the connection can be used further.
  const auto refused = [&](ErrorKind kind, const std::string& why) {
    return Fail(kind, "{} at {}: {}", what, place, Words(why));
  };
  // The state of the connection is unknown, so it is closed.
  const auto broken = [&](const std::string& why) -> Status {
    const bool may_be_done = effect == Effect::kChanges && socket_->sent_anything();
    wire_.reset();
    socket_.reset();
    return Fail(may_be_done ? ErrorKind::kCommitUnknown : ErrorKind::kUnavailable, "{} at {}: {}", what, place, why);
  };
  try {
    call(*wire_);
    return {};
  } catch (const wire::NoSuchObjectException& error) {
    return refused(ErrorKind::kNotFound, error.message);
  } catch (const wire::NoSuchLockException& error) {
    return refused(ErrorKind::kNotFound, error.message);
  } catch (const wire::AlreadyExistsException& error) {
    return refused(ErrorKind::kAlreadyExists, error.message);
  } catch (const wire::InvalidObjectException& error) {
    return refused(ErrorKind::kInvalidArgument, error.message);
  } catch (const wire::InvalidOperationException& error) {
    return refused(ErrorKind::kInvalidArgument, error.message);
  } catch (const wire::MetaException& error) {
    return refused(SaysThatItWasModified(error.message) ? ErrorKind::kCommitConflict : ErrorKind::kUnavailable,
                   error.message);
  } catch (const TApplicationException& error) {
    if (error.getType() == TApplicationException::UNKNOWN_METHOD) return refused(ErrorKind::kUnsupported, error.what());
    return refused(ErrorKind::kUnavailable, error.what());
  } catch (const Stopped&) {
    Status left = broken("asked to stop while waiting for it");
    if (left.error().kind == ErrorKind::kCommitUnknown) return left;
    return Fail(ErrorKind::kCancelled, "{}", left.error().message);
  } catch (const TTransportException& error) {
    if (error.getType() != TTransportException::TIMED_OUT) return broken(error.what());
    return broken(fmt::format("{} within the {} s of {} (Java programs call that a SocketTimeoutException)",
                              error.what(), CurrentLimits().hive_timeout.value, CurrentLimits().hive_timeout.key));
  } catch (const TProtocolException& error) {
    if (error.getType() != TProtocolException::SIZE_LIMIT)
      return broken(fmt::format("this is no answer of a metastore: {}", error.what()));
    return broken(
        fmt::format("an answer holds a text longer than {}, or a list longer than {} allows. Raise them if it is right",
                    CurrentLimits().hive_reply, CurrentLimits().hive_entries));
  } catch (const TException& error) {
    return refused(ErrorKind::kUnavailable, error.what());  // one of those that IDL names and nobody here expects
  } catch (const std::exception& error) {
    return broken(error.what());
  }
}

Status MetastoreClient::Do(const std::string& what, Effect effect, const Call& call, milliseconds timeout) {
  std::lock_guard lock(mutex_);
  const auto deadline = Socket::Clock::now() + timeout;
  const bool was_open = wire_ != nullptr;
  Status done = Try(what, effect, call, deadline);
  // An idle connection may be dead, which shows only when it is used. A request that changes nothing is sent again.
  const bool gone = !done && done.error().kind == ErrorKind::kUnavailable && was_open && wire_ == nullptr;
  if (gone && Socket::Clock::now() < deadline) done = Try(what, effect, call, deadline);
  return done;
}

Status MetastoreClient::Do(const std::string& what, Effect effect, const Call& call) {
  return Do(what, effect, call, CurrentLimits().hive_timeout.time());
}

Result<std::vector<std::string>> MetastoreClient::Databases() {
  std::vector<std::string> names;
  FRAZIL_RETURN_IF_ERROR(Do("listing databases", Effect::kReads, [&](auto& to) { to.get_all_databases(names); }));
  return names;
}

Result<std::vector<std::string>> MetastoreClient::Tables(const std::string& database) {
  std::vector<std::string> names;
  FRAZIL_RETURN_IF_ERROR(Do("listing tables", Effect::kReads, [&](auto& to) { to.get_all_tables(names, database); }));
  return names;
}

Result<wire::Database> MetastoreClient::GetDatabase(const std::string& name) {
  wire::Database database;
  FRAZIL_RETURN_IF_ERROR(
      Do("looking for database " + name, Effect::kReads, [&](auto& to) { to.get_database(database, name); }));
  return database;
}

Status MetastoreClient::CreateDatabase(const wire::Database& database) {
  return Do("creating database " + database.name, Effect::kChanges, [&](auto& to) { to.create_database(database); });
}

Result<wire::Table> MetastoreClient::GetTable(const std::string& database, const std::string& name) {
  wire::GetTableRequest request;
  request.dbName = database;
  request.tblName = name;
  wire::GetTableResult result;
  FRAZIL_RETURN_IF_ERROR(Do(fmt::format("loading table {}.{}", database, name), Effect::kReads,
                            [&](auto& to) { to.get_table_req(result, request); }));
  return std::move(result.table);
}

Status MetastoreClient::CreateTable(const wire::Table& table) {
  return Do(fmt::format("creating table {}.{}", table.dbName, table.tableName), Effect::kChanges,
            [&](auto& to) { to.create_table(table); });
}

Status MetastoreClient::DropTable(const std::string& database, const std::string& name) {
  return Do(fmt::format("dropping table {}.{}", database, name), Effect::kChanges,
            [&](auto& to) { to.drop_table(database, name, /*deleteData=*/false); });
}

Status MetastoreClient::RenameTable(const std::string& database, const std::string& name, const wire::Table& table) {
  wire::EnvironmentContext context;
  context.properties["DO_NOT_UPDATE_STATS"] = "true";
  return Do(fmt::format("renaming table {}.{}", database, name), Effect::kChanges,
            [&](auto& to) { to.alter_table_with_environment_context(database, name, table, context); });
}

Status MetastoreClient::AlterTable(const wire::Table& table, const std::string& expected_location) {
  wire::EnvironmentContext context;
  context.properties["DO_NOT_UPDATE_STATS"] = "true";  // else it looks at every file
  if (!expected_location.empty()) {
    context.properties["expected_parameter_key"] = "metadata_location";
    context.properties["expected_parameter_value"] = expected_location;
  }
  return Do(fmt::format("changing table {}.{}", table.dbName, table.tableName), Effect::kChanges,
            [&](auto& to) { to.alter_table_with_environment_context(table.dbName, table.tableName, table, context); });
}

Result<Lock> MetastoreClient::RequestLock(const std::string& database, const std::string& table) {
  wire::LockComponent component;
  component.type = kExclusive;
  component.level = kTableLevel;
  component.dbname = database;
  component.__set_tablename(table);
  component.__set_operationType(kOperationUnset);
  component.__set_isTransactional(true);
  wire::LockRequest request;
  request.component = {component};
  request.user = UserName();
  request.hostname = HostName();
  request.__set_agentInfo("frazil-" + RandomUuid());
  wire::LockResponse response;
  const Status asked = Do(fmt::format("locking table {}.{}", database, table), Effect::kChanges,
                          [&](auto& to) { to.lock(response, request); });
  if (!asked && asked.error().kind == ErrorKind::kCommitUnknown) {
    return Fail(ErrorKind::kUnavailable,
                "{}. If the metastore gave the lock, it takes it back after its metastore.txn.timeout",
                asked.error().message);
  }
  FRAZIL_RETURN_IF_ERROR(asked);
  return LockOf(response);
}

Result<Lock> MetastoreClient::CheckLock(int64_t id) {
  wire::CheckLockRequest request;
  request.lockid = id;
  wire::LockResponse response;
  FRAZIL_RETURN_IF_ERROR(Do("waiting for a lock", Effect::kReads, [&](auto& to) { to.check_lock(response, request); }));
  return LockOf(response);
}

Status MetastoreClient::Heartbeat(int64_t id) {
  wire::HeartbeatRequest request;
  request.__set_lockid(id);
  return Do("keeping a lock", Effect::kReads, [&](auto& to) { to.heartbeat(request); });
}

Status MetastoreClient::Unlock(int64_t id) {
  const StopScope in_spite_of_it(nullptr);
  wire::UnlockRequest request;
  request.lockid = id;
  return Do(
      "giving up a lock", Effect::kReads, [&](auto& to) { to.unlock(request); }, kUnlockTimeout);
}

}  // namespace frazil::catalog::hive
