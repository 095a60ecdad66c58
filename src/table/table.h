// One live table: what a catalog last said of it, and changes that need no new snapshot.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include "catalog/catalog.h"
#include "common/result.h"
#include "common/time/clock.h"
#include "iceberg/schema_update.h"
#include "table/decided_by.h"

namespace frazil::table {

// Thread-safe.
class Table {
 public:
  Table(std::shared_ptr<catalog::Catalog> catalog, catalog::TableIdent ident, catalog::LoadedTable loaded,
        Clock& clock = Clock::System());

  const catalog::TableIdent& ident() const { return ident_; }
  catalog::Catalog& catalog() { return *catalog_; }
  catalog::LoadedTable current() const;

  // Loads the table's heads, unless `current` was asked for within `max_age`.
  Status Refresh(std::chrono::milliseconds max_age);
  // kNotFound if the table was dropped, also where another one now has its name. kHeads may leave the history cut
  // (catalog::Catalog::LoadHeads).
  enum class History : uint8_t { kWhole, kHeads };
  Result<catalog::LoadedTable> Reload(History history);
  // Loads the table, unless it is given, and has `read` read files of it, Result<T>(catalog::LoadedTable&), whose
  // answer is the answer. Where one of them is gone (kNotFound) and the table has moved on meanwhile, again: expiry
  // takes what only a slow reader still wants.
  template <class Read>
  std::invoke_result_t<Read, catalog::LoadedTable&> ReadFiles(History history, Read read,
                                                              std::optional<catalog::LoadedTable> table = {}) {
    constexpr int kMostReads = 5;
    int64_t gone_as_of = -1;
    for (int tried = 1;; ++tried) {
      if (!table || tried > 1) {
        FRAZIL_ASSIGN_OR_RETURN(table, Reload(history));
      }
      auto answer = read(*table);
      const int64_t as_of = table->metadata->last_updated_ms;
      const bool gone = !answer && answer.error().kind == ErrorKind::kNotFound;
      if (!gone || as_of == gone_as_of || tried == kMostReads) return answer;
      gone_as_of = as_of;
    }
  }
  // One send (catalog::Catalog::Commit); on success the result is current. A conflict is kCommitConflict whatever the
  // catalog calls it.
  Result<catalog::LoadedTable> Send(const std::vector<iceberg::TableRequirement>& requirements,
                                    const std::vector<iceberg::TableUpdate>& updates,
                                    const std::string& idempotency_key);

  // Changes the schema, retrying conflicts on a fresh load: what another writer changed meanwhile is kept.
  // Property-free (but for a name mapping) and snapshot-free, so that a commit of files that meets it only has to be
  // tried again.
  Status ChangeSchema(const iceberg::SchemaChange& change);
  Status AddColumns(const std::vector<iceberg::ColumnAddition>& additions) { return ChangeSchema({additions, {}}); }
  // Adds what records want, judged by that schema: what was found missing or to have room may be so no longer once the
  // table has another. No error where the table cannot have it.
  struct Growth {
    enum class Outcome : uint8_t {
      kAdded,
      kOvertaken,  // the table has another schema by now, which is current: nothing was added
      kRefused,    // by the rules of a schema, or by the catalog, which takes other commits of the table meanwhile
    } outcome = Outcome::kAdded;
    std::string why;  // of kRefused
  };
  Result<Growth> Grow(const std::vector<iceberg::ColumnAddition>& additions, const iceberg::SchemaPtr& judged_by);
  // kFenced where what `decided` says does not hold of `base` any more, a state of this table: another engine has
  // changed columns or partitioning, so that the records are to be looked at again.
  Status CheckStands(const DecidedBy& decided, const iceberg::TableMetadata& base) const;
  // Makes `fields` (source ids of the current schema, field ids not set) the default spec; nothing if they are already.
  Status SetDefaultSpec(const std::vector<iceberg::PartitionField>& fields);
  // The same for the default sort order.
  Status SetDefaultOrder(const std::vector<iceberg::SortField>& fields);

 private:
  using MakeUpdates = std::function<Result<std::vector<iceberg::TableUpdate>>(const iceberg::TableMetadata& base)>;
  // One question to the catalog: its number, and when it was asked.
  struct Asked {
    uint64_t number = 0;
    std::chrono::steady_clock::time_point at;
  };

  // What the catalog replied; null if nothing was left to change.
  Result<iceberg::TableMetadataPtr> Change(const std::string& what, const MakeUpdates& make);
  Asked Ask();
  void Adopt(catalog::LoadedTable loaded, const Asked& asked);
  // Whether the catalog writes a change of this table that has nothing to do with its schema.
  bool TakesOtherCommits();
  void NoteOwn(const iceberg::Schema& before, const iceberg::Schema& after);
  // Both under the lock.
  void NoteOwn(const iceberg::Field& field);
  bool IsOwn(const iceberg::Field& field) const;

  const std::shared_ptr<catalog::Catalog> catalog_;
  const catalog::TableIdent ident_;
  Clock& clock_;
  mutable std::mutex mutex_;
  catalog::LoadedTable current_;
  uint64_t asked_ = 0;          // questions, until now
  uint64_t adopted_after_ = 0;  // of them, when current_ came
  std::chrono::steady_clock::time_point current_as_of_;
  std::map<int32_t, iceberg::Field> own_;  // fields that AddColumns brought, by id, at every depth
};

}  // namespace frazil::table
