#include "catalog/pointer_catalog.h"

#include <fmt/ranges.h>

#include "catalog/metadata_files.h"
#include "catalog/warehouse_check.h"
#include "common/failpoint.h"
#include "common/log.h"
#include "io/location.h"
#include "storage/storage.h"

namespace frazil::catalog {
namespace {

// A failpoint after the swap: the commit was applied, but the caller does not know it.
Status AfterSend() {
  FRAZIL_FAILPOINT("after-send");
  return {};
}

}  // namespace

Result<std::shared_ptr<Catalog>> PointerCatalog::Open(std::unique_ptr<PointerStore> store, const std::string& warehouse,
                                                      const io::Properties& io, const FileRules& rules, Clock& clock) {
  FRAZIL_ASSIGN_OR_RETURN(auto file_io, storage::MakeFileIo(io));
  return OpenWith(std::move(file_io), std::move(store), warehouse, rules, clock);
}

Result<std::shared_ptr<Catalog>> PointerCatalog::OpenWith(std::shared_ptr<io::FileIo> io,
                                                          std::unique_ptr<PointerStore> store,
                                                          const std::string& warehouse, const FileRules& rules,
                                                          Clock& clock) {
  if (const Status reachable = storage::CheckLocation(warehouse); !reachable)
    return Wrap(reachable.error(), "warehouse");
  return std::shared_ptr<Catalog>(
      new PointerCatalog(std::move(store), io::StripTrailingSlashes(warehouse), rules, std::move(io), clock));
}

Status PointerCatalog::CreateNamespace(const Namespace& ns) {
  if (ns.empty()) return Fail(ErrorKind::kInvalidArgument, "a namespace needs a name");
  FRAZIL_RETURN_IF_ERROR(CheckNames(ns));
  return store_->CreateNamespace(ns);
}

Status PointerCatalog::CheckNamespace(const Namespace& ns) {
  FRAZIL_ASSIGN_OR_RETURN(const bool exists, store_->NamespaceExists(ns));
  if (!exists) {
    return Fail(ErrorKind::kNotFound, "namespace {} does not exist in {}", fmt::join(ns, "."), Describe());
  }
  return {};
}

Result<std::vector<TableIdent>> PointerCatalog::ListTables(const Namespace& ns) {
  FRAZIL_RETURN_IF_ERROR(CheckNamespace(ns));
  FRAZIL_ASSIGN_OR_RETURN(const auto names, store_->ListTables(ns));
  std::vector<TableIdent> idents;
  idents.reserve(names.size());
  for (const std::string& name : names) idents.push_back({ns, name});
  return idents;
}

Result<LoadedTable> PointerCatalog::CreateTable(const TableIdent& ident, const iceberg::NewTable& table) {
  FRAZIL_RETURN_IF_ERROR(CheckNames(ident));
  FRAZIL_RETURN_IF_ERROR(CheckNamespace(ident.ns));
  const auto present = store_->Get(ident);
  if (present) return Fail(ErrorKind::kAlreadyExists, "table {} already exists in {}", ident.ToString(), Describe());
  if (present.error().kind != ErrorKind::kNotFound) return tl::unexpected(present.error());

  FRAZIL_RETURN_IF_ERROR(CheckWarehouseIsThere(*store_, *io_, warehouse_));
  iceberg::NewTable placed = table;
  if (placed.location.empty()) {
    FRAZIL_ASSIGN_OR_RETURN(placed.location, store_->NewTableLocation(ident));
  }
  if (placed.location.empty()) {
    placed.location = fmt::format("{}/{}/{}", warehouse_, fmt::join(ident.ns, "/"), ident.name);  // as JdbcCatalog
  }
  FRAZIL_ASSIGN_OR_RETURN(auto metadata, iceberg::MakeTableMetadata(placed, clock_.NowMillis()));
  const auto files = files_.Of(metadata, "", io_);
  FRAZIL_ASSIGN_OR_RETURN(const std::string location, WriteMetadataFile(*files, metadata, ""));
  if (const Status inserted = store_->Insert(ident, location, metadata); !inserted) {
    if (inserted.error().kind != ErrorKind::kCommitUnknown) (void)files->Delete(location);
    return tl::unexpected(inserted.error());
  }
  LoadedTable loaded{std::make_shared<const iceberg::TableMetadata>(std::move(metadata)), location, files};
  WriteVersionHint(*files, *loaded.metadata, location);
  Remember(ident, loaded);
  return loaded;
}

Result<LoadedTable> PointerCatalog::LoadTable(const TableIdent& ident) {
  FRAZIL_ASSIGN_OR_RETURN(const Pointer pointer, store_->Get(ident));
  return Load(ident, pointer.location);
}

Status PointerCatalog::DropTable(const TableIdent& ident) {
  FRAZIL_RETURN_IF_ERROR(store_->Remove(ident));
  Forget(ident);
  return {};
}

Status PointerCatalog::RenameTable(const TableIdent& from, const TableIdent& to) {
  FRAZIL_RETURN_IF_ERROR(CheckNames(to));
  FRAZIL_RETURN_IF_ERROR(CheckNamespace(to.ns));
  FRAZIL_RETURN_IF_ERROR(store_->Rename(from, to));
  Forget(from);
  Forget(to);
  return {};
}

Result<LoadedTable> PointerCatalog::Load(const TableIdent& ident, const std::string& location) {
  {
    std::lock_guard lock(mutex_);
    const auto found = last_.find(ident.ToString());
    if (found != last_.end() && found->second.metadata_location == location) return found->second;
  }
  auto metadata = ReadMetadataFile(*io_, location);
  if (!metadata) {
    // A missing file must not look like a missing table, because a caller would create the table then.
    Error error = metadata.error();
    if (error.kind == ErrorKind::kNotFound) error.kind = ErrorKind::kCorrupt;
    return Wrap(error, fmt::format("cannot load table {} from {}", ident.ToString(), Describe()));
  }
  const auto files = files_.Of(**metadata, location, io_);
  LoadedTable loaded{*std::move(metadata), location, files};
  Remember(ident, loaded);
  return loaded;
}

void PointerCatalog::Forget(const TableIdent& ident) {
  std::lock_guard lock(mutex_);
  last_.erase(ident.ToString());
}

void PointerCatalog::Remember(const TableIdent& ident, const LoadedTable& table) {
  std::lock_guard lock(mutex_);
  last_[ident.ToString()] = table;
}

Result<LoadedTable> PointerCatalog::Commit(const TableIdent& ident,
                                           const std::vector<iceberg::TableRequirement>& requirements,
                                           const std::vector<iceberg::TableUpdate>& updates,
                                           const std::string& /*idempotency_key*/) {
  FRAZIL_ASSIGN_OR_RETURN(const Pointer pointer, store_->Get(ident));
  FRAZIL_ASSIGN_OR_RETURN(const LoadedTable base, Load(ident, pointer.location));
  FRAZIL_RETURN_IF_ERROR(iceberg::CheckRequirements(base.metadata.get(), requirements));
  if (updates.empty()) return base;
  FRAZIL_ASSIGN_OR_RETURN(auto metadata,
                          iceberg::ApplyUpdates(*base.metadata, base.metadata_location, updates, clock_.NowMillis()));
  const auto files = files_.Of(metadata, base.metadata_location, io_);
  FRAZIL_ASSIGN_OR_RETURN(const std::string location, WriteMetadataFile(*files, metadata, base.metadata_location));

  FRAZIL_FAILPOINT("before-send");
  if (const Status swapped = store_->Swap(ident, pointer, location, metadata); !swapped) {
    if (swapped.error().kind != ErrorKind::kCommitUnknown) (void)files->Delete(location);
    return tl::unexpected(swapped.error());
  }
  if (const Status after = AfterSend(); !after) return Fail(ErrorKind::kCommitUnknown, "{}", after.error().message);

  LoadedTable committed{std::make_shared<const iceberg::TableMetadata>(std::move(metadata)), location, files};
  WriteVersionHint(*files, *committed.metadata, location);
  DeleteDroppedMetadataFiles(*files, *base.metadata, *committed.metadata, location);
  Remember(ident, committed);
  return committed;
}

}  // namespace frazil::catalog
