#include "table/table_change.h"

#include <chrono>

#include "common/random.h"
#include "common/time/backoff.h"
#include "common/time/interruptible_sleep.h"

namespace frazil::table {
namespace {

constexpr int kTries = 10;

}  // namespace

Result<catalog::LoadedTable> ChangeTable(Table& table, const std::string& what, Table::History history,
                                         const MakeRequest& make) {
  Clock& clock = Clock::System();
  Backoff backoff(std::chrono::milliseconds(50), std::chrono::seconds(5));
  Error last;
  for (int tried = 0; tried < kTries; ++tried) {
    if (tried > 0 && !SleepUnlessStopped(clock, backoff.Next())) {
      return Fail(ErrorKind::kCancelled, "asked to stop while it was tried to {} of table {}: {}", what,
                  table.ident().ToString(), last.message);
    }
    FRAZIL_ASSIGN_OR_RETURN(catalog::LoadedTable base, table.Reload(history));
    FRAZIL_ASSIGN_OR_RETURN(const TableRequest request, make(base));
    if (request.updates.empty()) return base;
    auto requirements = iceberg::RequirementsFor(*base.metadata, request.updates);
    requirements.insert(requirements.end(), request.requirements.begin(), request.requirements.end());
    auto sent = table.Send(requirements, request.updates, TimeOrderedUuid(clock.NowMillis()));
    if (sent) return sent;
    last = sent.error();
    if (last.kind != ErrorKind::kCommitConflict && last.kind != ErrorKind::kCommitUnknown) break;
  }
  return Wrap(last, fmt::format("could not {} of table {}", what, table.ident().ToString()));
}

}  // namespace frazil::table
