// One live table: what a catalog last said of it, and changes that need no new snapshot.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include "catalog/catalog.h"
#include "common/clock.h"
#include "common/result.h"
#include "iceberg/schema_update.h"

namespace frazil::table {

// Thread-safe.
class Table {
 public:
  Table(std::shared_ptr<catalog::Catalog> catalog, catalog::TableIdent ident, catalog::LoadedTable loaded,
        Clock& clock = Clock::System());

  const catalog::TableIdent& ident() const { return ident_; }
  catalog::Catalog& catalog() { return *catalog_; }
  catalog::LoadedTable current() const;

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

  // Adds columns, retrying conflicts on a fresh load: what another writer added meanwhile is kept. Property-free and
  // snapshot-free, so it never disturbs a commit of files. With `judged_by`, the id of a schema, nothing is added once
  // the table has another, which is current then, and the answer is false: what was found missing or to have room may
  // be so no longer.
  Result<bool> AddColumns(const std::vector<iceberg::ColumnAddition>& additions,
                          std::optional<int32_t> judged_by = std::nullopt);
  // Makes `fields` (source ids of the current schema, field ids not set) the default spec; nothing if they are already.
  Status SetDefaultSpec(const std::vector<iceberg::PartitionField>& fields);

 private:
  using MakeUpdates = std::function<Result<std::vector<iceberg::TableUpdate>>(const iceberg::TableMetadata& base)>;
  Status Change(const std::string& what, const MakeUpdates& make);
  void Adopt(catalog::LoadedTable loaded);

  const std::shared_ptr<catalog::Catalog> catalog_;
  const catalog::TableIdent ident_;
  Clock& clock_;
  mutable std::mutex mutex_;
  catalog::LoadedTable current_;
};

}  // namespace frazil::table
