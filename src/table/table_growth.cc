// Adding columns that records need, with catalogs that may refuse them.
//
// A catalog may have its own rules for names, which only its answer reveals. Some answer 400. Others answer 500, which
// says nothing about the reason. A 500 counts as a refusal only if other commits of the same table are taken and kept
// before and after it, each time. Such a commit sets a property, or a tag if the catalog keeps no properties. A fault
// of the catalog must never make a record bad.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <vector>

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
constexpr const char* kTrialName = "frazil.trial";
constexpr int64_t kTrialTagLife = 60 * 60 * 1000;  // ms, after which expiry may take one that a crash left

// What could not be done, as it stands in a message: "add 'a', 'b.c'".
std::string Doing(const iceberg::SchemaChange& change, const iceberg::Schema& schema) {
  constexpr size_t kMostNamed = 5;
  std::vector<std::string> names;
  for (const auto& addition : change.additions) {
    const std::string parent = schema.FullName(addition.parent_id);
    names.push_back(fmt::format("add '{}{}{}'", parent, parent.empty() ? "" : ".", addition.field.name));
  }
  for (const auto& wider : change.promotions) {
    names.push_back(fmt::format("make '{}' {}", schema.FullName(wider.field_id), wider.type->ToString()));
  }
  for (const int32_t field_id : change.relaxed)
    names.push_back(fmt::format("make '{}' optional", schema.FullName(field_id)));
  const size_t more = names.size() - std::min(names.size(), kMostNamed);
  names.resize(names.size() - more);
  return fmt::format("{}{}", fmt::join(names, ", "), more == 0 ? "" : fmt::format(" and {} more", more));
}

bool TakesProperty(Table& table, Clock& clock) {
  const auto base = table.Reload(Table::History::kHeads);
  if (!base) return false;
  const std::string mark = TimeOrderedUuid(clock.NowMillis());
  const std::vector<iceberg::TableUpdate> set{iceberg::SetProperties{{{kTrialName, mark}}}};
  const auto sent = table.Send(iceberg::RequirementsFor(*base->metadata, set), set, mark);
  // If the catalog drops properties, the answer does not prove that anything was written.
  if (!sent || sent->metadata->Property(kTrialName, "") != mark) return false;
  const std::vector<iceberg::TableUpdate> remove{iceberg::RemoveProperties{{kTrialName}}};
  return table.Send(iceberg::RequirementsFor(*sent->metadata, remove), remove, TimeOrderedUuid(clock.NowMillis()))
      .has_value();
}

bool TakesTag(Table& table, Clock& clock) {
  const auto base = table.Reload(Table::History::kHeads);
  if (!base || base->metadata->refs.empty()) return false;
  const int64_t snapshot = base->metadata->refs.begin()->second.snapshot_id;
  // Each try has a name of its own, because several lanes may try at the same time.
  const std::string name = fmt::format("{}-{}", kTrialName, TimeOrderedUuid(clock.NowMillis()));
  const iceberg::SnapshotRef tag{.snapshot_id = snapshot, .is_branch = false, .max_ref_age_ms = kTrialTagLife};
  const std::vector<iceberg::TableUpdate> set{iceberg::SetSnapshotRef{name, tag}};
  const auto sent = table.Send(iceberg::RequirementsFor(*base->metadata, set), set, name);
  if (!sent || !sent->metadata->refs.contains(name)) return false;
  const std::vector<iceberg::TableUpdate> remove{iceberg::RemoveSnapshotRef{name}};
  return table.Send(iceberg::RequirementsFor(*sent->metadata, remove), remove, TimeOrderedUuid(clock.NowMillis()))
      .has_value();
}

}  // namespace

bool Table::TakesOtherCommits() { return TakesProperty(*this, clock_) || TakesTag(*this, clock_); }

Result<Table::Growth> Table::Grow(const iceberg::SchemaChange& change, const iceberg::SchemaPtr& judged_by) {
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
    const auto updates = iceberg::ChangeSchema(*base.metadata, change);
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
  const std::string what =
      fmt::format("could not change the schema of table {}, to {}", ident_.ToString(), Doing(change, *judged_by));
  if (last.kind != ErrorKind::kCommitUnknown) return Wrap(last, what);
  return Fail(
      ErrorKind::kCommitUnknown,
      "{}: {} tries, the last of which ended so: {}. A server error is no refusal as long as it is not certain "
      "that the catalog takes other changes of this table: it is tried again until it is taken. If it is a "
      "name that the catalog does not want, its own log tells; then set schema_evolution: strict, or rename the "
      "field at its producer",
      what, kTries, last.message);
}

}  // namespace frazil::table
