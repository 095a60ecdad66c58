// The calls of a Hive Metastore, as Results.
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

// One connection, made when it is needed and to whichever of the servers answers. Thread-safe: calls come one after the
// other. Each hears the thread's stop (kCancelled) and ends within limits.hive_timeout_secs.
//
// Errors of all calls: kUnavailable where no server answers, or it did not do what was asked (MetaException).
// kCommitUnknown of a call that changes something: it was sent, and nobody knows what became of it.
class MetastoreClient {
 public:
  explicit MetastoreClient(std::vector<Address> addresses);
  ~MetastoreClient();

  const std::vector<Address>& addresses() const { return addresses_; }
  // Counts connections: what was found out of a server holds for one of them.
  int64_t connection() const;

  Result<std::vector<std::string>> Databases();
  Result<std::vector<std::string>> Tables(const std::string& database);
  Result<wire::Database> GetDatabase(const std::string& name);                         // kNotFound
  Status CreateDatabase(const wire::Database& database);                               // kAlreadyExists
  Result<wire::Table> GetTable(const std::string& database, const std::string& name);  // kNotFound
  Status CreateTable(const wire::Table& table);                                        // kAlreadyExists
  Status DropTable(const std::string& database, const std::string& name);              // kNotFound; files stay
  // Replaces the table's object. With `expected_location` only if its metadata_location is that: kCommitConflict where
  // the server compares and it is not. kInvalidArgument: it does not take the object. kUnavailable: the server failed,
  // and may have changed it all the same.
  Status AlterTable(const wire::Table& table, const std::string& expected_location);

  // Exclusive, of one table; it waits where another lock is before it.
  Result<Lock> RequestLock(const std::string& database, const std::string& table);
  Result<Lock> CheckLock(int64_t id);  // kNotFound: it ran out
  Status Heartbeat(int64_t id);        // kNotFound: it ran out
  // Also where the thread is to stop: others wait for it.
  Status Unlock(int64_t id);

 private:
  enum class Effect : uint8_t { kReads, kChanges };
  using Call = std::function<void(wire::MetastoreClient&)>;
  using Deadline = std::chrono::steady_clock::time_point;

  Status Do(const std::string& what, Effect effect, const Call& call, std::chrono::milliseconds timeout);
  Status Do(const std::string& what, Effect effect, const Call& call);
  // Both under the lock.
  Status Connect(Deadline deadline);
  Status Try(const std::string& what, Effect effect, const Call& call, Deadline deadline);

  const std::vector<Address> addresses_;
  mutable std::mutex mutex_;
  size_t at_ = 0;  // the address of the connection
  int64_t connection_ = 0;
  std::shared_ptr<Socket> socket_;
  std::unique_ptr<wire::MetastoreClient> wire_;
};

}  // namespace frazil::catalog::hive
