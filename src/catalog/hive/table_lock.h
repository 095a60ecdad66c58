// The metastore's lock of one table, which the reference implementation takes for a commit. The metastore breaks a lock
// that has had no heartbeat for metastore.txn.timeout.
#pragma once

#include <cstdint>
#include <string>

#include "catalog/hive/metastore_client.h"
#include "common/result.h"
#include "common/time/clock.h"

namespace frazil::catalog::hive {

class TableLock {
 public:
  // Takes the lock; waits while others have it. kCommitConflict if they hold it for more than a minute; kCancelled if
  // asked to stop.
  static Result<TableLock> Take(MetastoreClient& metastore, const std::string& database, const std::string& table,
                                Clock& clock);
  TableLock(TableLock&& other) noexcept;
  TableLock& operator=(TableLock&&) = delete;
  // Releases the lock. If the metastore cannot be told, the lock expires.
  ~TableLock();

  // Renews the lock for its whole lifetime from now on. kCommitConflict if it has expired.
  Status Keep();
  // The destructor will not release the lock, so that it stays until it expires. Returns its id.
  int64_t Leave();

 private:
  TableLock(MetastoreClient& metastore, int64_t id) : metastore_(&metastore), id_(id) {}

  MetastoreClient* metastore_;  // null if there is nothing to release
  int64_t id_;
};

}  // namespace frazil::catalog::hive
