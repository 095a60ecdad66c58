#include "table/table.h"

#include <algorithm>
#include <chrono>

#include "common/failpoint.h"
#include "common/random.h"
#include "common/time/backoff.h"
#include "common/time/interruptible_sleep.h"
#include "iceberg/schema_change.h"
#include "iceberg/spec_update.h"

namespace frazil::table {
namespace {
constexpr int kChangeTries = 10;
}

Table::Table(std::shared_ptr<catalog::Catalog> catalog, catalog::TableIdent ident, catalog::LoadedTable loaded,
             Clock& clock)
    : catalog_(std::move(catalog)),
      ident_(std::move(ident)),
      clock_(clock),
      current_(std::move(loaded)),
      current_as_of_(clock.Steady()) {}

catalog::LoadedTable Table::current() const {
  std::lock_guard lock(mutex_);
  return current_;
}

Table::Asked Table::Ask() {
  std::lock_guard lock(mutex_);
  return {++asked_, clock_.Steady()};
}

void Table::Adopt(catalog::LoadedTable loaded, const Asked& asked) {
  std::lock_guard lock(mutex_);
  // Replies may overtake each other. If the requests of two replies overlapped, the reply with the higher numbers is
  // newer. A request that was made after the current reply had arrived gives a newer reply whatever its numbers are:
  // where branches are reset (Nessie), schemas go back too, and ids are used again.
  const bool overlapped = asked.number <= adopted_after_;
  if (overlapped && (loaded.metadata->last_sequence_number < current_.metadata->last_sequence_number ||
                     loaded.metadata->last_column_id < current_.metadata->last_column_id)) {
    return;
  }
  current_ = std::move(loaded);
  adopted_after_ = asked_;
  current_as_of_ = std::max(current_as_of_, asked.at);
}

Status Table::Refresh(std::chrono::milliseconds max_age) {
  {
    std::lock_guard lock(mutex_);
    if (clock_.Steady() - current_as_of_ < max_age) return {};
  }
  FRAZIL_RETURN_IF_ERROR(Reload(History::kHeads));
  return {};
}

Result<catalog::LoadedTable> Table::Reload(History history) {
  const Asked asked = Ask();
  auto loaded = history == History::kHeads ? catalog_->LoadHeads(ident_) : catalog_->LoadTable(ident_);
  if (!loaded && loaded.error().kind == ErrorKind::kNotFound) {
    return Fail(ErrorKind::kNotFound, "table {} was dropped or renamed while it was being fed ({})", ident_.ToString(),
                loaded.error().message);
  }
  if (!loaded) return loaded;
  if (const std::string before = current().metadata->table_uuid; loaded->metadata->table_uuid != before) {
    return Fail(ErrorKind::kNotFound,
                "table {} was dropped and created anew (uuid {} before, {} now) while it was being fed: start again to "
                "feed the new table from the beginning",
                ident_.ToString(), before, loaded->metadata->table_uuid);
  }
  Adopt(*loaded, asked);
  return loaded;
}

Result<catalog::LoadedTable> Table::Send(const std::vector<iceberg::TableRequirement>& requirements,
                                         const std::vector<iceberg::TableUpdate>& updates,
                                         const std::string& idempotency_key) {
  const Asked asked = Ask();
  auto sent = catalog_->Commit(ident_, requirements, updates, idempotency_key);
  if (sent) Adopt(*sent, asked);
  if (sent || sent.error().kind != ErrorKind::kInvalidArgument) return sent;
  // Some catalogs answer 400 for a conflict, although the protocol demands 409.
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

// A change of schema or spec may be retried after any outcome. If an earlier try was taken, `make` finds nothing left
// to do on the reloaded table.
Result<iceberg::TableMetadataPtr> Table::Change(const std::string& what, const MakeUpdates& make) {
  Backoff backoff(std::chrono::milliseconds(50), std::chrono::seconds(5));
  Error last;
  for (int tried = 0; tried < kChangeTries; ++tried) {
    if (tried > 0 && !SleepUnlessStopped(clock_, backoff.Next())) {
      return Fail(ErrorKind::kCancelled, "asked to stop while it was tried to {} of table {}: {}", what,
                  ident_.ToString(), last.message);
    }
    FRAZIL_ASSIGN_OR_RETURN(catalog::LoadedTable base, Reload(History::kHeads));
    FRAZIL_ASSIGN_OR_RETURN(const std::vector<iceberg::TableUpdate> updates, make(*base.metadata));
    if (updates.empty()) return nullptr;
    auto sent = Send(iceberg::RequirementsFor(*base.metadata, updates), updates, TimeOrderedUuid(clock_.NowMillis()));
    if (sent) return sent->metadata;
    last = sent.error();
    if (last.kind != ErrorKind::kCommitConflict && last.kind != ErrorKind::kCommitUnknown) break;
  }
  return Wrap(last, fmt::format("could not {} of table {}", what, ident_.ToString()));
}

Status Table::ChangeSchema(const iceberg::SchemaChange& change) {
  iceberg::SchemaPtr before;
  const auto make = [&](const iceberg::TableMetadata& base) {
    before = base.schema();
    return iceberg::ChangeSchema(base, change);
  };
  FRAZIL_ASSIGN_OR_RETURN(const iceberg::TableMetadataPtr changed, Change("change the schema", make));
  FRAZIL_FAILPOINT("after-schema-commit");
  if (changed != nullptr) NoteOwn(*before, *changed->schema());
  return {};
}

void Table::NoteOwn(const iceberg::Schema& before, const iceberg::Schema& after) {
  std::lock_guard lock(mutex_);
  for (const iceberg::FieldChange& change : iceberg::ChangesBetween(before, after)) {
    using Kind = iceberg::FieldChange::Kind;
    if (change.kind == Kind::kCame) NoteOwn(change.after);
    if (change.kind == Kind::kRetyped || change.kind == Kind::kOptional)
      own_.insert_or_assign(change.after.id, change.after);
  }
}

void Table::NoteOwn(const iceberg::Field& field) {
  own_.insert_or_assign(field.id, field);
  for (const iceberg::Field& below : field.type->fields()) NoteOwn(below);
}

bool Table::IsOwn(const iceberg::Field& field) const {
  const auto own = own_.find(field.id);
  if (own == own_.end() || own->second.name != field.name || own->second.required != field.required) return false;
  if (!field.type->is_nested()) return *own->second.type == *field.type;
  const auto& below = field.type->fields();
  return own->second.type->kind() == field.type->kind() &&
         std::all_of(below.begin(), below.end(), [&](const iceberg::Field& one) { return IsOwn(one); });
}

Status Table::CheckStands(const DecidedBy& decided, const iceberg::TableMetadata& base) const {
  const auto changed = [&](const std::string& what) {
    return Fail(ErrorKind::kFenced, "{}: {}, by another writer, while records were on their way", ident_.ToString(),
                what);
  };
  for (const iceberg::FieldChange& change : iceberg::ChangesBetween(*decided.schema, *base.schema())) {
    // What records of this process changed decides nothing of those before them (docs/json.md).
    const bool own = [&] {
      std::lock_guard lock(mutex_);
      return IsOwn(change.after);
    }();
    // A partition's value is of the type that its column had.
    const auto& parts = decided.spec->fields;
    const bool divides = change.kind == iceberg::FieldChange::Kind::kRetyped &&
                         std::any_of(parts.begin(), parts.end(), [&](const iceberg::PartitionField& field) {
                           return field.source_id == change.after.id;
                         });
    if (!iceberg::KeepsRows(change) || divides || (decided.refused && !own)) return changed(Describe(change));
  }
  if (decided.spec->spec_id == base.default_spec_id && decided.spec->SameFields(*base.spec())) return {};
  return changed("the partition spec was changed");
}

Status Table::SetDefaultSpec(const std::vector<iceberg::PartitionField>& fields) {
  FRAZIL_RETURN_IF_ERROR(Change("change the partition spec", [&](const iceberg::TableMetadata& base) {
    return iceberg::ChangeDefaultSpec(base, fields);
  }));
  return {};
}

Status Table::SetDefaultOrder(const std::vector<iceberg::SortField>& fields) {
  FRAZIL_RETURN_IF_ERROR(Change("change the sort order", [&](const iceberg::TableMetadata& base) {
    return iceberg::ChangeDefaultOrder(base, fields);
  }));
  return {};
}

Result<bool> Table::SetProperty(const std::string& key, const std::string& value) {
  FRAZIL_RETURN_IF_ERROR(Change("set a property", [&](const iceberg::TableMetadata& base) {
    std::vector<iceberg::TableUpdate> updates;
    if (base.Property(key, "") != value) updates.emplace_back(iceberg::SetProperties{{{key, value}}});
    return Result<std::vector<iceberg::TableUpdate>>(std::move(updates));
  }));
  return current().metadata->Property(key, "") == value;
}

}  // namespace frazil::table
