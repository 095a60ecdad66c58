#include "catalog/hive/table_lock.h"

#include <chrono>
#include <utility>

#include "common/log.h"
#include "common/time/backoff.h"
#include "common/time/interruptible_sleep.h"

namespace frazil::catalog::hive {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr auto kLongestWait = seconds(60);
constexpr auto kToldAfter = seconds(5);

}  // namespace

TableLock::TableLock(TableLock&& other) noexcept
    : metastore_(std::exchange(other.metastore_, nullptr)), id_(other.id_) {}

TableLock::~TableLock() {
  if (metastore_ == nullptr) return;
  if (const Status given_up = metastore_->Unlock(id_); !given_up) {
    log::warn("a lock could not be given up, and blocks its table until the metastore breaks it ({})",
              given_up.error().message);
  }
}

Result<TableLock> TableLock::Take(MetastoreClient& metastore, const std::string& database, const std::string& table,
                                  Clock& clock) {
  FRAZIL_ASSIGN_OR_RETURN(Lock lock, metastore.RequestLock(database, table));
  TableLock taken(metastore, lock.id);
  Backoff backoff(milliseconds(50), seconds(2));
  const auto asked_at = clock.Steady();
  bool told = false;
  while (lock.state != LockState::kHeld) {
    const auto waited = clock.Steady() - asked_at;
    if (waited > kToldAfter && !told) {
      told = true;
      log::warn(
          "table {}.{} is locked by another commit: waiting for it. If its process has died, the metastore breaks the "
          "lock after its metastore.txn.timeout",
          database, table);
    }
    if (waited > kLongestWait) {
      return Fail(ErrorKind::kCommitConflict, "table {}.{} has been locked by another commit for {} s", database, table,
                  kLongestWait.count());
    }
    if (!SleepUnlessStopped(clock, backoff.Next())) {
      return Fail(ErrorKind::kCancelled, "asked to stop while waiting for the lock of table {}.{}", database, table);
    }
    const auto now = metastore.CheckLock(lock.id);
    if (!now && now.error().kind == ErrorKind::kNotFound) {
      return Fail(ErrorKind::kCommitConflict, "the metastore forgot that table {}.{} is waited for: {}", database,
                  table, now.error().message);
    }
    if (!now) return tl::unexpected<Error>(now.error());
    lock = *now;
  }
  return taken;
}

Status TableLock::Keep() {
  const Status kept = metastore_->Heartbeat(id_);
  if (kept || kept.error().kind != ErrorKind::kNotFound) return kept;
  metastore_ = nullptr;
  return Fail(ErrorKind::kCommitConflict, "the lock ran out before the commit was sent: {}", kept.error().message);
}

int64_t TableLock::Leave() {
  metastore_ = nullptr;
  return id_;
}

}  // namespace frazil::catalog::hive
