// A client of a Hive Metastore.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "catalog/hive/address.h"
#include "common/result.h"

namespace frazil::catalog::hive {

namespace wire {
class Database;
class Table;
class MetastoreClient;
}  // namespace wire
class Socket;

enum class LockState : uint8_t { kHeld, kWaits };
struct Lock {
  int64_t id = 0;
  LockState state = LockState::kWaits;
};

// One connection, opened when needed, to the first server that answers. Thread-safe: calls run one at a time. A call
// ends when the thread is asked to stop (kCancelled), or after limits.hive_timeout_secs.
//
// Errors of all calls. kUnavailable: no server answers, or the server did not do what was asked (MetaException).
// kCommitUnknown, for calls that change something: the request was sent, and its outcome is unknown.
class MetastoreClient {
 public:
  explicit MetastoreClient(std::vector<Address> addresses);
  ~MetastoreClient();

  const std::vector<Address>& addresses() const { return addresses_; }
  // The number of the current connection. What was learned about a server holds for one connection only.
  int64_t connection() const;

  Result<std::vector<std::string>> Databases();
  Result<std::vector<std::string>> Tables(const std::string& database);
  Result<wire::Database> GetDatabase(const std::string& name);                         // kNotFound
  Status CreateDatabase(const wire::Database& database);                               // kAlreadyExists
  Result<wire::Table> GetTable(const std::string& database, const std::string& name);  // kNotFound
  Status CreateTable(const wire::Table& table);                                        // kAlreadyExists
  Status DropTable(const std::string& database, const std::string& name);              // kNotFound; the files stay
  // Replaces the table object. With `expected_location`, only if its metadata_location has that value: kCommitConflict
  // if the server compares them and they differ. kInvalidArgument: the server does not accept the object. kUnavailable:
  // the server reported a failure, but may have changed the table.
  Status AlterTable(const wire::Table& table, const std::string& expected_location);
  // The table of this name gets the object, and the name that it has. kNotFound, kInvalidArgument.
  Status RenameTable(const std::string& database, const std::string& name, const wire::Table& table);

  // Requests an exclusive lock of one table. If another lock comes first, its state is kWaits.
  Result<Lock> RequestLock(const std::string& database, const std::string& table);
  Result<Lock> CheckLock(int64_t id);  // kNotFound: it expired
  Status Heartbeat(int64_t id);        // kNotFound: it expired
  // Works even if the thread is asked to stop, because others wait for the lock.
  Status Unlock(int64_t id);

 private:
  enum class Effect : uint8_t { kReads, kChanges };
  using Call = std::function<void(wire::MetastoreClient&)>;
  using Deadline = std::chrono::steady_clock::time_point;

  Status Do(const std::string& what, Effect effect, const Call& call, std::chrono::milliseconds timeout);
  Status Do(const std::string& what, Effect effect, const Call& call);
  // The caller holds mutex_.
  Status Connect(Deadline deadline);
  Status Try(const std::string& what, Effect effect, const Call& call, Deadline deadline);

  const std::vector<Address> addresses_;
  mutable std::mutex mutex_;
  size_t at_ = 0;  // index of the connection's address
  int64_t connection_ = 0;
  std::shared_ptr<Socket> socket_;
  std::unique_ptr<wire::MetastoreClient> wire_;
};

}  // namespace frazil::catalog::hive
