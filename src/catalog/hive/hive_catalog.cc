// A commit (reference: HiveTableOperations): writes the metadata file, locks the table, compares the pointer, replaces
// the table object, and releases the lock.
//
// Hive 4 servers, with most databases, compare the pointer once more when they replace it (HIVE-26882), so that even an
// expired lock cannot let two commits through. Other servers ignore that, or fail because of it (Derby). One harmless
// try for each connection finds out which.
#include "catalog/hive/hive_catalog.h"

#include <hive_wire/metastore_types.h>

#include <map>
#include <mutex>
#include <optional>

#include "catalog/database_names.h"
#include "catalog/hive/address.h"
#include "catalog/hive/hive_table.h"
#include "catalog/hive/metastore_client.h"
#include "catalog/hive/table_lock.h"
#include "catalog/pointer_catalog.h"
#include "common/failpoint.h"
#include "common/log.h"
#include "io/location.h"
#include "storage/storage.h"

namespace frazil::catalog {
namespace {

using hive::MetastoreClient;
using hive::TableLock;

constexpr char kNoLocation[] = "frazil: does the server compare?";

constexpr DatabaseNames kNames = {"a Hive Metastore"};

class HiveStore final : public PointerStore {
 public:
  HiveStore(std::vector<hive::Address> addresses, std::string warehouse, Clock& clock)
      : metastore_(std::move(addresses)), warehouse_(std::move(warehouse)), clock_(clock) {}

  std::string Describe() const override {
    std::string places;
    for (const auto& address : metastore_.addresses()) places += (places.empty() ? "" : ",") + address.ToString();
    return "Hive Metastore at " + places;
  }

  Result<std::vector<Namespace>> ListNamespaces() override {
    FRAZIL_ASSIGN_OR_RETURN(const auto names, metastore_.Databases());
    std::vector<Namespace> namespaces;
    namespaces.reserve(names.size());
    for (const std::string& name : names) namespaces.push_back({name});
    return namespaces;
  }

  Status CreateNamespace(const Namespace& ns) override {
    FRAZIL_RETURN_IF_ERROR(kNames.Check(ns));
    hive::wire::Database database;
    database.name = ns.front();
    database.__set_locationUri(fmt::format("{}/{}.db", warehouse_, ns.front()));
    Status created = metastore_.CreateDatabase(database);
    if (!created && created.error().kind == ErrorKind::kCommitUnknown) {
      return Fail(ErrorKind::kUnavailable, "{}", created.error().message);
    }
    return created;
  }

  Result<bool> NamespaceExists(const Namespace& ns) override {
    FRAZIL_RETURN_IF_ERROR(kNames.Check(ns));
    const auto found = metastore_.GetDatabase(ns.front());
    if (!found && found.error().kind == ErrorKind::kNotFound) return false;
    if (!found) return tl::unexpected<Error>(found.error());
    return true;
  }

  Result<std::vector<std::string>> ListTables(const Namespace& ns) override {
    FRAZIL_RETURN_IF_ERROR(kNames.Check(ns));
    return metastore_.Tables(ns.front());
  }

  Result<std::string> NewTableLocation(const TableIdent& ident) override {
    FRAZIL_RETURN_IF_ERROR(kNames.Check(ident));
    FRAZIL_ASSIGN_OR_RETURN(const auto database, metastore_.GetDatabase(ident.ns.front()));
    std::string folder = io::StripTrailingSlashes(database.locationUri);
    // Hadoop writes a local folder with one slash ("file:/x"), which not every reader accepts.
    if (folder.starts_with("file:/") && !folder.starts_with("file://")) folder.insert(5, "//");
    if (const Status reachable = storage::CheckLocation(folder); !reachable) {
      return Wrap(
          reachable.error(),
          fmt::format("database {} of the {} lies at {}, where no table can be made; alter its location, or use "
                      "another database",
                      ident.ns.front(), Describe(), folder));
    }
    return folder + "/" + ident.name;
  }

  Result<Pointer> Get(const TableIdent& ident) override {
    FRAZIL_RETURN_IF_ERROR(kNames.Check(ident));
    FRAZIL_ASSIGN_OR_RETURN(const auto table, metastore_.GetTable(ident.ns.front(), ident.name));
    FRAZIL_ASSIGN_OR_RETURN(std::string location, hive::MetadataLocationOf(table));
    ForgetUnknown(ident, location);
    return Pointer{std::move(location), ""};
  }

  Status Insert(const TableIdent& ident, const std::string& location, const iceberg::TableMetadata& metadata) override {
    FRAZIL_RETURN_IF_ERROR(kNames.Check(ident));
    Status created = metastore_.CreateTable(hive::MakeHiveTable(ident, location, metadata, clock_.NowMillis()));
    if (created || created.error().kind != ErrorKind::kUnavailable) return created;
    return AfterFailure(ident, location, created.error());
  }

  Status Swap(const TableIdent& ident, const Pointer& from, const std::string& to,
              const iceberg::TableMetadata& metadata) override {
    FRAZIL_ASSIGN_OR_RETURN(TableLock lock, TableLock::Take(metastore_, ident.ns.front(), ident.name, clock_));
    FRAZIL_ASSIGN_OR_RETURN(auto table, metastore_.GetTable(ident.ns.front(), ident.name));
    FRAZIL_ASSIGN_OR_RETURN(const std::string current, hive::MetadataLocationOf(table));
    if (current != from.location) {
      return Fail(ErrorKind::kCommitConflict, "Commit conflict - table was modified concurrently: {} in {}",
                  ident.ToString(), Describe());
    }
    const Result<bool> compares = ServerCompares(table);
    if (!compares) {
      // The try may still be executed later, and undo another commit. So the lock is kept until it expires.
      if (compares.error().kind == ErrorKind::kCommitUnknown) static_cast<void>(lock.Leave());
      return Fail(ErrorKind::kUnavailable, "{}", compares.error().message);
    }
    hive::Show(metadata, to, table);
    FRAZIL_RETURN_IF_ERROR(lock.Keep());
    FRAZIL_FAILPOINT("hive-locked");
    Status altered = metastore_.AlterTable(table, *compares ? from.location : "");
    if (altered) return {};
    if (altered.error().kind == ErrorKind::kUnavailable) return AfterFailure(ident, to, altered.error());
    if (altered.error().kind != ErrorKind::kCommitUnknown || *compares) return altered;
    // The server may still execute the change. Only the lock prevents it from overwriting a later commit, so the lock
    // stays.
    NoteUnknown(ident, to, lock.Leave());
    return Fail(ErrorKind::kCommitUnknown,
                "{}. The table stays locked until it is known to be in, or the metastore breaks the lock",
                altered.error().message);
  }

  Status Remove(const TableIdent& ident) override {
    FRAZIL_RETURN_IF_ERROR(Get(ident));  // refuses a table that is not an Iceberg table
    return metastore_.DropTable(ident.ns.front(), ident.name);
  }

  // As for a commit, under the lock: its object goes to the other name, as it was read.
  Status Rename(const TableIdent& from, const TableIdent& to) override {
    FRAZIL_RETURN_IF_ERROR(kNames.Check(to));
    FRAZIL_RETURN_IF_ERROR(Get(from));
    const auto there = metastore_.GetTable(to.ns.front(), to.name);
    if (there) return Fail(ErrorKind::kAlreadyExists, "table {} already exists in {}", to.ToString(), Describe());
    if (there.error().kind != ErrorKind::kNotFound) return tl::unexpected<Error>(there.error());
    FRAZIL_ASSIGN_OR_RETURN(TableLock lock, TableLock::Take(metastore_, from.ns.front(), from.name, clock_));
    FRAZIL_ASSIGN_OR_RETURN(auto table, metastore_.GetTable(from.ns.front(), from.name));
    table.dbName = to.ns.front();
    table.tableName = to.name;
    FRAZIL_RETURN_IF_ERROR(lock.Keep());
    Status renamed = metastore_.RenameTable(from.ns.front(), from.name, table);
    // The server may be at work on it still.
    if (!renamed && renamed.error().kind == ErrorKind::kCommitUnknown) static_cast<void>(lock.Leave());
    return renamed;
  }

 private:
  struct Unknown {
    std::string location;  // the pointer that the table may have
    int64_t lock = 0;      // the lock that keeps others from changing it
  };

  // The outcome of a change for which the server reported a failure: it may have failed only in a later step.
  Status AfterFailure(const TableIdent& ident, const std::string& location, const Error& error) {
    const auto table = metastore_.GetTable(ident.ns.front(), ident.name);
    if (!table && table.error().kind != ErrorKind::kNotFound)
      return Fail(ErrorKind::kCommitUnknown, "{}", error.message);
    if (table && hive::MetadataLocationOf(*table).value_or("") == location) return {};
    return tl::unexpected<Error>(error);
  }

  // Finds out whether this server supports `expected_parameter_value`. It is asked under the lock, with the unchanged
  // table: a server without support just writes what was there. kCommitUnknown: it may still do so later.
  Result<bool> ServerCompares(const hive::wire::Table& table) {
    const int64_t connection = metastore_.connection();
    {
      std::lock_guard lock(mutex_);
      if (asked_on_ == connection) return compares_;
    }
    const Status tried = metastore_.AlterTable(table, kNoLocation);
    if (!tried && (tried.error().kind == ErrorKind::kCommitUnknown || tried.error().kind == ErrorKind::kCancelled)) {
      return tl::unexpected<Error>(tried.error());
    }
    std::lock_guard lock(mutex_);
    compares_ = !tried && tried.error().kind == ErrorKind::kCommitConflict;
    asked_on_ = connection;
    if (!tried && !compares_) {
      log::warn("{}: commits go by its lock alone, since it cannot compare the place of a table's metadata: {}",
                Describe(), tried.error().message);
    }
    return compares_;
  }

  void NoteUnknown(const TableIdent& ident, const std::string& location, int64_t lock_id) {
    std::lock_guard lock(mutex_);
    unknown_[ident.ToString()] = {location, lock_id};
  }

  void ForgetUnknown(const TableIdent& ident, const std::string& location) {
    std::optional<Unknown> known;
    {
      std::lock_guard lock(mutex_);
      const auto found = unknown_.find(ident.ToString());
      if (found == unknown_.end() || found->second.location != location) return;
      known = std::move(found->second);
      unknown_.erase(found);
    }
    static_cast<void>(metastore_.Unlock(known->lock));  // otherwise it expires
  }

  MetastoreClient metastore_;
  const std::string warehouse_;
  Clock& clock_;
  std::mutex mutex_;       // guards the members below
  int64_t asked_on_ = -1;  // the connection that compares_ is about
  bool compares_ = false;
  std::map<std::string, Unknown> unknown_;
};

}  // namespace

Result<std::shared_ptr<Catalog>> OpenHiveCatalog(const HiveCatalogOptions& options) {
  auto addresses = hive::ParseAddresses(options.uri);
  if (!addresses) return Wrap(addresses.error(), fmt::format("the uri \"{}\" of the Hive Metastore", options.uri));
  const std::string warehouse = io::StripTrailingSlashes(options.warehouse);
  return PointerCatalog::Open(std::make_unique<HiveStore>(*std::move(addresses), warehouse, Clock::System()),
                              options.warehouse, options.io, options.files);
}

}  // namespace frazil::catalog
