// The lock of one table, as the reference takes it for a commit: by the metastore, which breaks it when nobody has been
// heard of it for metastore.txn.timeout.
#pragma once

#include <cstdint>
#include <string>

#include "catalog/hive/metastore_client.h"
#include "common/result.h"
#include "common/time/clock.h"

namespace frazil::catalog::hive {

class TableLock {
 public:
  // Waits while others have it. kCommitConflict where they do not give it up in a minute; kCancelled.
  static Result<TableLock> Take(MetastoreClient& metastore, const std::string& database, const std::string& table,
                                Clock& clock);
  TableLock(TableLock&& other) noexcept;
  TableLock& operator=(TableLock&&) = delete;
  // Gives it up; where that cannot be told to the metastore, it runs out.
  ~TableLock();

  // It has not run out, and will not for its whole time from now on. kCommitConflict where it has.
  Status Keep();
  // It is not given up at the end of this object's life, but left to run out. Returns its id.
  int64_t Leave();

 private:
  TableLock(MetastoreClient& metastore, int64_t id) : metastore_(&metastore), id_(id) {}

  MetastoreClient* metastore_;  // null: nothing to give up
  int64_t id_;
};

}  // namespace frazil::catalog::hive
