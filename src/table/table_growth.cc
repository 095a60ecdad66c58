// Columns that records want, and catalogs that do not take them.
//
// A catalog may have rules for names of its own, which only its answer tells. Some answer 400. Others answer 500, which
// says nothing of the reason: it is a refusal only where other commits of the same table go through, before and after,
// each time. Trouble of the catalog must not make a record bad.
#include <chrono>

#include "common/failpoint.h"
#include "common/random.h"
#include "common/time/backoff.h"
#include "common/time/interruptible_sleep.h"
#include "table/table.h"

namespace frazil::table {
namespace {

constexpr int kTries = 10;
constexpr int kUnknownBeforeTrial = 3;  // what passes by itself has passed by then
constexpr int kTrials = 4;
constexpr const char* kTrialProperty = "frazil.trial";

}  // namespace

bool Table::TakesOtherCommits() {
  const auto base = Reload(History::kHeads);
  if (!base) return false;
  const std::string mark = TimeOrderedUuid(clock_.NowMillis());
  const std::vector<iceberg::TableUpdate> set{iceberg::SetProperties{{{kTrialProperty, mark}}}};
  const auto sent = Send(iceberg::RequirementsFor(*base->metadata, set), set, mark);
  // Where properties are not kept nothing may have been written.
  if (!sent || sent->metadata->Property(kTrialProperty, "") != mark) return false;
  const std::vector<iceberg::TableUpdate> remove{iceberg::RemoveProperties{{kTrialProperty}}};
  return Send(iceberg::RequirementsFor(*sent->metadata, remove), remove, TimeOrderedUuid(clock_.NowMillis()))
      .has_value();
}

Result<Table::Growth> Table::Grow(const std::vector<iceberg::ColumnAddition>& additions,
                                  const iceberg::SchemaPtr& judged_by) {
  using Outcome = Growth::Outcome;
  Backoff backoff(std::chrono::milliseconds(50), std::chrono::seconds(5));
  Error last;
  int unknown = 0;
  int trials = 0;
  bool may_be_refusal = true;
  for (int tried = 0; tried < kTries; ++tried) {
    if (tried > 0 && !SleepUnlessStopped(clock_, backoff.Next())) {
      return Fail(ErrorKind::kCancelled, "asked to stop while the schema of table {} was to be changed: {}",
                  ident_.ToString(), last.message);
    }
    FRAZIL_ASSIGN_OR_RETURN(const catalog::LoadedTable base, Reload(History::kHeads));
    if (!base.metadata->schema()->SameFields(*judged_by)) return Growth{Outcome::kOvertaken, {}};
    const auto updates = iceberg::AddColumns(*base.metadata, additions);
    if (!updates) return Growth{Outcome::kRefused, updates.error().message};
    const auto sent =
        Send(iceberg::RequirementsFor(*base.metadata, *updates), *updates, TimeOrderedUuid(clock_.NowMillis()));
    if (sent) {
      FRAZIL_FAILPOINT("after-schema-commit");
      NoteOwn(*base.metadata->schema(), *sent->metadata->schema());
      return Growth{};
    }
    last = sent.error();
    if (last.kind == ErrorKind::kInvalidArgument) return Growth{Outcome::kRefused, last.message};
    if (last.kind == ErrorKind::kCommitConflict) continue;
    if (last.kind != ErrorKind::kCommitUnknown) break;
    if (++unknown < kUnknownBeforeTrial || !may_be_refusal) continue;
    may_be_refusal = TakesOtherCommits();
    if (may_be_refusal && ++trials == kTrials) return Growth{Outcome::kRefused, last.message};
  }
  return Wrap(last, fmt::format("could not change the schema of table {}", ident_.ToString()));
}

}  // namespace frazil::table
