#include "table/table.h"

#include <algorithm>
#include <chrono>

#include "common/backoff.h"
#include "common/failpoint.h"
#include "common/interruptible_sleep.h"
#include "common/random.h"
#include "iceberg/spec_update.h"

namespace frazil::table {
namespace {
constexpr int kChangeTries = 10;
}

Table::Table(std::shared_ptr<catalog::Catalog> catalog, catalog::TableIdent ident, catalog::LoadedTable loaded,
             Clock& clock)
    : catalog_(std::move(catalog)), ident_(std::move(ident)), clock_(clock), current_(std::move(loaded)) {}

catalog::LoadedTable Table::current() const {
  std::lock_guard lock(mutex_);
  return current_;
}

void Table::Adopt(catalog::LoadedTable loaded) {
  std::lock_guard lock(mutex_);
  // Replies may overtake each other; these two never go back in one table.
  if (loaded.metadata->last_sequence_number < current_.metadata->last_sequence_number ||
      loaded.metadata->last_column_id < current_.metadata->last_column_id) {
    return;
  }
  current_ = std::move(loaded);
}

Result<catalog::LoadedTable> Table::Reload(History history) {
  auto loaded = history == History::kHeads ? catalog_->LoadHeads(ident_) : catalog_->LoadTable(ident_);
  if (!loaded && loaded.error().kind == ErrorKind::kNotFound) {
    return Fail(ErrorKind::kNotFound, "table {} was dropped while it was being fed ({})", ident_.ToString(),
                loaded.error().message);
  }
  if (!loaded) return loaded;
  if (const std::string before = current().metadata->table_uuid; loaded->metadata->table_uuid != before) {
    return Fail(ErrorKind::kNotFound,
                "table {} was dropped and created anew (uuid {} before, {} now) while it was being fed: start again to "
                "feed the new table from the beginning",
                ident_.ToString(), before, loaded->metadata->table_uuid);
  }
  Adopt(*loaded);
  return loaded;
}

Result<catalog::LoadedTable> Table::Send(const std::vector<iceberg::TableRequirement>& requirements,
                                         const std::vector<iceberg::TableUpdate>& updates,
                                         const std::string& idempotency_key) {
  auto sent = catalog_->Commit(ident_, requirements, updates, idempotency_key);
  if (sent) Adopt(*sent);
  if (sent || sent.error().kind != ErrorKind::kInvalidArgument) return sent;
  // Some catalogs answer 400 where the table moved under the request (the protocol says 409).
  FRAZIL_ASSIGN_OR_RETURN(const catalog::LoadedTable now, Reload(History::kHeads));
  const int64_t sequence_number = now.metadata->last_sequence_number;
  const bool overtaken = std::any_of(updates.begin(), updates.end(), [&](const iceberg::TableUpdate& update) {
    const auto* add = std::get_if<iceberg::AddSnapshot>(&update);
    return add != nullptr && add->snapshot.sequence_number <= sequence_number;
  });
  if (overtaken || !iceberg::CheckRequirements(now.metadata.get(), requirements)) {
    return Fail(ErrorKind::kCommitConflict, "{}", sent.error().message);
  }
  return sent;
}

// A change of schema or spec can be tried again whatever became of the last try: `make` finds on the fresh base that
// nothing is left to do.
Status Table::Change(const std::string& what, const MakeUpdates& make) {
  Backoff backoff(std::chrono::milliseconds(50), std::chrono::seconds(5));
  Error last;
  for (int tried = 0; tried < kChangeTries; ++tried) {
    if (tried > 0 && !SleepUnlessStopped(clock_, backoff.Next())) {
      return Fail(ErrorKind::kCancelled, "asked to stop while it was tried to {} of table {}: {}", what,
                  ident_.ToString(), last.message);
    }
    FRAZIL_ASSIGN_OR_RETURN(catalog::LoadedTable base, Reload(History::kHeads));
    FRAZIL_ASSIGN_OR_RETURN(const std::vector<iceberg::TableUpdate> updates, make(*base.metadata));
    if (updates.empty()) return {};
    auto sent = Send(iceberg::RequirementsFor(*base.metadata, updates), updates, TimeOrderedUuid(clock_.NowMillis()));
    if (sent) return {};
    last = sent.error();
    if (last.kind != ErrorKind::kCommitConflict && last.kind != ErrorKind::kCommitUnknown) break;
  }
  return Wrap(last, fmt::format("could not {} of table {}", what, ident_.ToString()));
}

Result<bool> Table::AddColumns(const std::vector<iceberg::ColumnAddition>& additions,
                               std::optional<int32_t> judged_by) {
  bool sent = false;
  const auto add = [&](const iceberg::TableMetadata& base) -> Result<std::vector<iceberg::TableUpdate>> {
    if (judged_by && base.current_schema_id != *judged_by) return std::vector<iceberg::TableUpdate>();
    sent = true;
    return iceberg::AddColumns(base, additions);
  };
  FRAZIL_RETURN_IF_ERROR(Change("change the schema", add));
  FRAZIL_FAILPOINT("after-schema-commit");
  return sent;
}

Status Table::SetDefaultSpec(const std::vector<iceberg::PartitionField>& fields) {
  return Change("change the partition spec",
                [&](const iceberg::TableMetadata& base) { return iceberg::ChangeDefaultSpec(base, fields); });
}

}  // namespace frazil::table
