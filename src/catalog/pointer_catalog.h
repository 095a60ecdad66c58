// A catalog that stores only the location of a table's current metadata file, and changes it by compare-and-swap. A
// PointerStore does what differs between such catalogs.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "catalog/catalog.h"
#include "catalog/pointer_store.h"
#include "catalog/renaming.h"
#include "catalog/table_files.h"
#include "common/time/clock.h"

namespace frazil::catalog {

class PointerCatalog final : public Catalog, public Renaming {
 public:
  // kUnsupported or kInvalidArgument if no storage is built in for `warehouse`.
  static Result<std::shared_ptr<Catalog>> Open(std::unique_ptr<PointerStore> store, const std::string& warehouse,
                                               const io::Properties& io, const FileRules& rules = {},
                                               Clock& clock = Clock::System());
  // The same with a FileIo of the caller's.
  static Result<std::shared_ptr<Catalog>> OpenWith(std::shared_ptr<io::FileIo> io, std::unique_ptr<PointerStore> store,
                                                   const std::string& warehouse, const FileRules& rules,
                                                   Clock& clock = Clock::System());

  std::string Describe() const override { return store_->Describe(); }
  Traits traits() const override { return {.keeps_what_it_takes = true}; }
  Result<std::vector<Namespace>> ListNamespaces() override { return store_->ListNamespaces(); }
  Status CreateNamespace(const Namespace& ns) override;
  Result<bool> NamespaceExists(const Namespace& ns) override { return store_->NamespaceExists(ns); }
  Result<std::vector<TableIdent>> ListTables(const Namespace& ns) override;
  Result<LoadedTable> CreateTable(const TableIdent& ident, const iceberg::NewTable& table) override;
  Result<LoadedTable> LoadTable(const TableIdent& ident) override;
  Status DropTable(const TableIdent& ident) override;
  Status RenameTable(const TableIdent& from, const TableIdent& to) override;
  Result<LoadedTable> Commit(const TableIdent& ident, const std::vector<iceberg::TableRequirement>& requirements,
                             const std::vector<iceberg::TableUpdate>& updates,
                             const std::string& idempotency_key) override;

 private:
  PointerCatalog(std::unique_ptr<PointerStore> store, std::string warehouse, const FileRules& rules,
                 std::shared_ptr<io::FileIo> io, Clock& clock)
      : store_(std::move(store)),
        warehouse_(std::move(warehouse)),
        io_(std::move(io)),
        files_(warehouse_, rules),
        clock_(clock) {}

  Status CheckNamespace(const Namespace& ns);  // kNotFound if it does not exist
  Result<LoadedTable> Load(const TableIdent& ident, const std::string& location);
  void Remember(const TableIdent& ident, const LoadedTable& table);
  void Forget(const TableIdent& ident);

  const std::unique_ptr<PointerStore> store_;
  const std::string warehouse_;
  const std::shared_ptr<io::FileIo> io_;
  TableFiles files_;
  Clock& clock_;

  // The last metadata seen of each table. A metadata file never changes, so a commit after another one need not read
  // the file that was just written.
  std::mutex mutex_;
  std::map<std::string, LoadedTable> last_;
};

}  // namespace frazil::catalog
