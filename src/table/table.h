// One live table: its last loaded state, and changes that need no new snapshot.
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

  // Loads the table's heads, unless the current state was requested from the catalog within `max_age`.
  Status Refresh(std::chrono::milliseconds max_age);
  // Loads the table and makes the result current. kNotFound if the table was dropped, even if a new table has its name.
  // With kHeads the history may be cut (catalog::Catalog::LoadHeads).
  enum class History : uint8_t { kWhole, kHeads };
  Result<catalog::LoadedTable> Reload(History history);
  // Loads the table, unless it is given, and calls `read`, a function Result<T>(catalog::LoadedTable&) that reads its
  // files. Returns what `read` returns. If `read` returns kNotFound and the table has changed meanwhile, it reloads and
  // calls `read` again, because expiry may have deleted files of the old state.
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
  // Sends one request (catalog::Catalog::Commit). On success the result becomes current. A conflict is always
  // kCommitConflict, even if the catalog answers it with status 400.
  Result<catalog::LoadedTable> Send(const std::vector<iceberg::TableRequirement>& requirements,
                                    const std::vector<iceberg::TableUpdate>& updates,
                                    const std::string& idempotency_key);

  // Changes the schema. Conflicts are retried on a fresh load, so that changes of other writers are kept. The request
  // adds no snapshot, and no properties except a name mapping. So a concurrent commit of files only has to be retried.
  Status ChangeSchema(const iceberg::SchemaChange& change);
  Status AddColumns(const std::vector<iceberg::ColumnAddition>& additions) {
    return ChangeSchema({.additions = additions});
  }
  // Changes what records need, judged by that schema: what was found missing or to have room may be so no longer once
  // the table has another. No error where the table cannot have it.
  struct Growth {
    enum class Outcome : uint8_t {
      kAdded,
      kOvertaken,  // the table has another schema by now, which is current: nothing was changed
      kRefused,    // by the rules of a schema, or by the catalog, which takes other commits of the table meanwhile
    } outcome = Outcome::kAdded;
    std::string why;  // the reason, for kRefused
  };
  Result<Growth> Grow(const iceberg::SchemaChange& change, const iceberg::SchemaPtr& judged_by);
  // kFenced where what `decided` says does not hold of `base` any more, a state of this table: another engine has
  // changed columns or partitioning, so that the records are to be looked at again.
  Status CheckStands(const DecidedBy& decided, const iceberg::TableMetadata& base) const;
  // Makes `fields` the default partition spec, if they are not already. Source ids are those of the current schema;
  // field ids are not set.
  Status SetDefaultSpec(const std::vector<iceberg::PartitionField>& fields);
  // Makes `fields` the default sort order, if they are not already.
  Status SetDefaultOrder(const std::vector<iceberg::SortField>& fields);
  // Sets a property, unless it has that value. False if the catalog did not keep it.
  Result<bool> SetProperty(const std::string& key, const std::string& value);

 private:
  using MakeUpdates = std::function<Result<std::vector<iceberg::TableUpdate>>(const iceberg::TableMetadata& base)>;
  // A request to the catalog: its number, and when it was made.
  struct Asked {
    uint64_t number = 0;
    std::chrono::steady_clock::time_point at;
  };

  // The catalog's reply; null if there was nothing to change.
  Result<iceberg::TableMetadataPtr> Change(const std::string& what, const MakeUpdates& make);
  Asked Ask();
  void Adopt(catalog::LoadedTable loaded, const Asked& asked);
  // True if the catalog accepts a change of this table that has nothing to do with the schema.
  bool TakesOtherCommits();
  void NoteOwn(const iceberg::Schema& before, const iceberg::Schema& after);
  // The caller must hold the lock.
  void NoteOwn(const iceberg::Field& field);
  bool IsOwn(const iceberg::Field& field) const;

  const std::shared_ptr<catalog::Catalog> catalog_;
  const catalog::TableIdent ident_;
  Clock& clock_;
  mutable std::mutex mutex_;
  catalog::LoadedTable current_;
  uint64_t asked_ = 0;          // the number of requests so far
  uint64_t adopted_after_ = 0;  // the value of asked_ when current_ arrived
  std::chrono::steady_clock::time_point current_as_of_;
  std::map<int32_t, iceberg::Field> own_;  // fields as this process made them, by id, at every depth
};

}  // namespace frazil::table
