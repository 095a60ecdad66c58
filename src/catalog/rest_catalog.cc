// The client side of Iceberg's REST protocol (open-api/rest-catalog-open-api.yaml).
#include "catalog/rest_catalog.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <mutex>
#include <nlohmann/json.hpp>
#include <set>

#include "catalog/commit_reply.h"
#include "catalog/metadata_files.h"
#include "catalog/renaming.h"
#include "catalog/rest_session.h"
#include "catalog/rest_storage.h"
#include "common/failpoint.h"
#include "common/limits.h"
#include "common/text/url.h"
#include "common/time/clock.h"
#include "iceberg/json_members.h"
#include "iceberg/metadata_json.h"
#include "iceberg/schema_json.h"
#include "storage/storage.h"

namespace frazil::catalog {
namespace {

namespace json = iceberg::json;
using json::Json;

// Asks the catalog to vend credentials for the table's files.
const std::pair<std::string, std::string> kVendCredentials = {"X-Iceberg-Access-Delegation", "vended-credentials"};

std::string Join(const Namespace& ns) { return fmt::format("{}", fmt::join(ns, ".")); }

// Nessie sets this property on every table. It does not show the history of a table, because it has branches of its
// own, which it resets and merges.
constexpr char kNessieContentId[] = "nessie.catalog.content-id";

iceberg::TableMetadataPtr MarkedAsShown(iceberg::TableMetadataPtr metadata) {
  if (!metadata->properties.contains(kNessieContentId)) return metadata;
  auto marked = std::make_shared<iceberg::TableMetadata>(*metadata);
  marked->shows_head_alone = true;
  return marked;
}

// A failpoint after the reply: the commit was applied, but the caller does not know it.
Status AfterSend() {
  FRAZIL_FAILPOINT("after-send");
  return {};
}

class RestCatalog final : public Catalog, public Renaming {
 public:
  RestCatalog(std::shared_ptr<RestSession> session, io::Properties own, const RestCatalogOptions& options)
      : session_(std::move(session)), own_(std::move(own)), files_(options.warehouse, options.files) {}

  std::string Describe() const override { return session_->where(); }

  Result<std::vector<Namespace>> ListNamespaces() override {
    std::vector<Namespace> all;
    int64_t pages = CurrentLimits().catalog_pages.amount();
    FRAZIL_RETURN_IF_ERROR(ListBelow({}, &pages, &all));
    // Children are appended while their parents are visited. A catalog without levels may answer anything: only names
    // that are really one level below count, and a refusal means that there are none.
    for (size_t i = 0; i < all.size(); ++i) {
      const Namespace parent = all[i];
      const Status listed = ListBelow(parent, &pages, &all);
      if (!listed && (listed.error().kind == ErrorKind::kUnavailable || pages < 0)) {
        return tl::unexpected(listed.error());
      }
    }
    return all;
  }

  Status CreateNamespace(const Namespace& ns) override {
    if (ns.empty()) return Fail(ErrorKind::kInvalidArgument, "a namespace needs a name");
    FRAZIL_RETURN_IF_ERROR(CheckNames(ns));
    const Json body = {{"namespace", ns}, {"properties", Json::object()}};
    FRAZIL_RETURN_IF_ERROR(session_->Send(RestAction::kCreateNamespace, "POST", session_->NamespacesPath(),
                                          json::Dump(body), "create namespace " + Join(ns)));
    return {};
  }

  Result<bool> NamespaceExists(const Namespace& ns) override {
    FRAZIL_RETURN_IF_ERROR(CheckNames(ns));
    const auto reply =
        session_->Send(RestAction::kRead, "GET", session_->NamespacePath(ns), "", "look for namespace " + Join(ns));
    if (reply) return true;
    if (reply.error().kind == ErrorKind::kNotFound) return false;
    return tl::unexpected(reply.error());
  }

  Result<std::vector<TableIdent>> ListTables(const Namespace& ns) override {
    FRAZIL_RETURN_IF_ERROR(CheckNames(ns));
    std::vector<TableIdent> idents;
    const auto take = [&](const Json& page) -> Status {
      FRAZIL_ASSIGN_OR_RETURN(const auto identifiers, json::Otherwise<std::vector<Json>>(page, "identifiers", {}));
      for (const Json& identifier : identifiers) {
        FRAZIL_RETURN_IF_ERROR(json::ExpectObject(identifier, "a table identifier"));
        TableIdent ident;
        FRAZIL_ASSIGN_OR_RETURN(ident.ns, json::Required<std::vector<std::string>>(identifier, "namespace"));
        FRAZIL_ASSIGN_OR_RETURN(ident.name, json::Required<std::string>(identifier, "name"));
        idents.push_back(std::move(ident));
      }
      return {};
    };
    int64_t pages = CurrentLimits().catalog_pages.amount();
    FRAZIL_RETURN_IF_ERROR(Pages(session_->TablesPath(ns), "", "list the tables of " + Join(ns), &pages, take));
    return idents;
  }

  Result<LoadedTable> CreateTable(const TableIdent& ident, const iceberg::NewTable& table) override {
    FRAZIL_RETURN_IF_ERROR(CheckNames(ident));
    iceberg::PartitionSpec spec;
    spec.fields = table.spec;
    for (size_t i = 0; i < spec.fields.size(); ++i) {
      spec.fields[i].field_id = iceberg::kFirstPartitionFieldId + static_cast<int32_t>(i);  // the catalog assigns anew
    }
    std::map<std::string, std::string> properties = table.properties;
    properties["format-version"] = std::to_string(table.format_version);
    Json body = {{"name", ident.name},
                 {"schema", iceberg::ToJson(iceberg::Schema(0, table.schema))},
                 {"partition-spec", iceberg::ToJson(spec)},
                 {"stage-create", false},
                 {"properties", properties}};
    if (!table.location.empty()) body["location"] = table.location;
    if (!table.sort_order.fields.empty()) {
      iceberg::SortOrder order = table.sort_order;
      order.order_id = std::max(order.order_id, 1);  // 0 means unsorted
      body["write-order"] = iceberg::ToJson(order);
    }
    const std::string doing = "create table " + ident.ToString();
    FRAZIL_ASSIGN_OR_RETURN(const auto reply,
                            session_->Send(RestAction::kCreateTable, "POST", session_->TablesPath(ident.ns),
                                           json::Dump(body), doing, {kVendCredentials}));
    FRAZIL_ASSIGN_OR_RETURN(LoadedTable loaded, Loaded(RestAction::kCreateTable, ident, reply, doing));
    Hint(loaded);
    return loaded;
  }

  Result<LoadedTable> LoadTable(const TableIdent& ident) override {
    FRAZIL_ASSIGN_OR_RETURN(const auto reply, AskForTable(*session_, ident, "all"));
    return Loaded(RestAction::kRead, ident, reply, "load table " + ident.ToString());
  }

  Result<LoadedTable> LoadHeads(const TableIdent& ident) override {
    const LoadedTable known = Known(ident);
    FRAZIL_ASSIGN_OR_RETURN(const auto reply, AskForTable(*session_, ident, "refs"));
    auto heads = Loaded(RestAction::kRead, ident, reply, "load table " + ident.ToString());
    // Some servers return only the snapshots of branches, and leave out those of tags.
    if (!heads && heads.error().kind == ErrorKind::kCorrupt) return LoadTable(ident);
    if (!heads) return heads;
    // A metadata file never changes, so the known one can be used.
    const bool is_known = !heads->metadata_location.empty() && heads->metadata_location == known.metadata_location;
    heads->metadata = is_known ? known.metadata : HeadsOf(*heads->metadata);
    Remember(ident, *heads);
    return heads;
  }

  Status DropTable(const TableIdent& ident) override {
    FRAZIL_RETURN_IF_ERROR(CheckNames(ident));
    FRAZIL_RETURN_IF_ERROR(session_->Send(RestAction::kDropTable, "DELETE",
                                          session_->TablePath(ident) + "?purgeRequested=false", "",
                                          "drop table " + ident.ToString()));
    Forget(ident);
    return {};
  }

  Status RenameTable(const TableIdent& from, const TableIdent& to) override {
    FRAZIL_RETURN_IF_ERROR(CheckNames(from));
    FRAZIL_RETURN_IF_ERROR(CheckNames(to));
    if (!session_->renames()) {
      return Fail(ErrorKind::kUnsupported, "{} does not say that it can rename tables: {} keeps its name", Describe(),
                  from.ToString());
    }
    const Json body = {{"source", {{"namespace", from.ns}, {"name", from.name}}},
                       {"destination", {{"namespace", to.ns}, {"name", to.name}}}};
    FRAZIL_RETURN_IF_ERROR(session_->Send(RestAction::kRenameTable, "POST", "tables/rename", json::Dump(body),
                                          fmt::format("rename table {} to {}", from.ToString(), to.ToString())));
    Forget(from);
    Forget(to);
    return {};
  }

  Result<LoadedTable> Commit(const TableIdent& ident, const std::vector<iceberg::TableRequirement>& requirements,
                             const std::vector<iceberg::TableUpdate>& updates,
                             const std::string& idempotency_key) override {
    Json body = {{"identifier", {{"namespace", ident.ns}, {"name", ident.name}}},
                 {"requirements", Json::array()},
                 {"updates", Json::array()}};
    for (const auto& requirement : requirements) body["requirements"].push_back(iceberg::ToJson(requirement));
    for (const auto& update : updates) body["updates"].push_back(iceberg::ToJson(update));
    std::vector<std::pair<std::string, std::string>> headers;
    if (session_->takes_idempotency_keys() && !idempotency_key.empty()) {
      headers.emplace_back("Idempotency-Key", idempotency_key);
    }

    const std::string doing = "commit to table " + ident.ToString();
    CommitReply beginning(Known(ident).metadata, updates);
    FRAZIL_FAILPOINT("before-send");
    FRAZIL_ASSIGN_OR_RETURN(const auto reply,
                            session_->Send(RestAction::kCommit, "POST", session_->TablePath(ident), json::Dump(body),
                                           doing, headers, [&](auto read) { return beginning.Suffices(read); }));
    if (const Status after = AfterSend(); !after) return Fail(ErrorKind::kCommitUnknown, "{}", after.error().message);
    LoadedTable committed;
    if (auto table = beginning.Take()) {
      FRAZIL_ASSIGN_OR_RETURN(committed, Loaded(RestAction::kCommit, ident, *std::move(table), doing));
    } else {
      FRAZIL_ASSIGN_OR_RETURN(committed, Loaded(RestAction::kCommit, ident, reply, doing));
    }
    Hint(committed);
    return committed;
  }

 private:
  // Reads the pages of a list. `pages` is the number of pages that are still allowed. `query` is empty or begins with
  // '&'.
  template <class Take>
  Status Pages(const std::string& path, const std::string& query, const std::string& doing, int64_t* pages,
               const Take& take) {
    std::string token;
    std::set<std::string> tokens;
    const Limit& most = CurrentLimits().catalog_pages;
    do {
      // A repeated token would mean an endless list.
      if (!tokens.insert(token).second) {
        return Fail(ErrorKind::kCorrupt, "cannot {}: {} gives a page that it has given before", doing, Describe());
      }
      if (--*pages < 0) {
        return Fail(ErrorKind::kCorrupt, "cannot {}: {} gives more pages than {} allows", doing, Describe(), most);
      }
      const std::string page_query = (token.empty() ? "" : "&pageToken=" + EncodeUrl(token)) + query;
      FRAZIL_ASSIGN_OR_RETURN(const auto reply,
                              session_->Send(RestAction::kRead, "GET",
                                             page_query.empty() ? path : path + "?" + page_query.substr(1), "", doing));
      FRAZIL_ASSIGN_OR_RETURN(const Json page, Object(RestAction::kRead, reply, doing));
      if (const Status taken = take(page); !taken)
        return tl::unexpected(Unreadable(RestAction::kRead, taken.error(), doing));
      token = json::Optional<std::string>(page, "next-page-token").value_or(std::nullopt).value_or("");
    } while (!token.empty());
    return {};
  }

  Status ListBelow(const Namespace& parent, int64_t* pages, std::vector<Namespace>* all) {
    const std::string query = parent.empty() ? "" : "&parent=" + session_->NamespaceParameter(parent);
    std::set<Namespace> known(all->begin(), all->end());
    return Pages(session_->NamespacesPath(), query, "list namespaces", pages, [&](const Json& page) -> Status {
      FRAZIL_ASSIGN_OR_RETURN(const auto listed, json::Otherwise<std::vector<Json>>(page, "namespaces", {}));
      for (const Json& one : listed) {
        Namespace ns;
        FRAZIL_RETURN_IF_ERROR(json::Read(one, &ns));
        const bool below = ns.size() == parent.size() + 1 && std::equal(parent.begin(), parent.end(), ns.begin());
        if (below && known.insert(ns).second) all->push_back(std::move(ns));
      }
      return {};
    });
  }

  // `snapshots` is "all" or "refs" (only those to which refs point).
  static Result<http::HttpResponse> AskForTable(RestSession& session, const TableIdent& ident,
                                                const std::string& snapshots) {
    FRAZIL_RETURN_IF_ERROR(CheckNames(ident));
    return session.Send(RestAction::kRead, "GET", session.TablePath(ident) + "?snapshots=" + snapshots, "",
                        "load table " + ident.ToString(), {kVendCredentials});
  }

  // The status was 2xx, but the reply cannot be read.
  Error Unreadable(RestAction action, const Error& error, const std::string& doing) const {
    ErrorKind kind = error.kind == ErrorKind::kUnsupported ? error.kind : ErrorKind::kCorrupt;
    if (RestLostReply(action) == ErrorKind::kCommitUnknown) kind = ErrorKind::kCommitUnknown;
    return {kind, fmt::format("cannot {}: the reply of {}: {}", doing, Describe(), error.message)};
  }

  // A reply that is no valid JSON does not come from the catalog, or is incomplete: a proxy's error page, or a reply
  // that is too long. That may pass.
  Error NotItsWords(RestAction action, Error error, const std::string& doing) const {
    error = Unreadable(action, error, doing);
    error.kind = RestLostReply(action);
    return error;
  }

  Result<Json> Object(RestAction action, const http::HttpResponse& reply, const std::string& doing) const {
    auto body = json::Parse(reply.body);
    if (!body) return tl::unexpected(NotItsWords(action, body.error(), doing));
    if (const Status object = json::ExpectObject(*body, "the reply"); !object) {
      return tl::unexpected(Unreadable(action, object.error(), doing));
    }
    return body;
  }

  Result<LoadedTable> Loaded(RestAction action, const TableIdent& ident, const http::HttpResponse& reply,
                             const std::string& doing) {
    auto table = iceberg::ParseTableReply(reply.body);
    if (!table) {
      const bool is_json = json::Parse(reply.body).has_value();
      return tl::unexpected(is_json ? Unreadable(action, table.error(), doing)
                                    : NotItsWords(action, table.error(), doing));
    }
    return Loaded(action, ident, *std::move(table), doing);
  }

  Result<LoadedTable> Loaded(RestAction action, const TableIdent& ident, iceberg::TableReply table,
                             const std::string& doing) {
    const auto unreadable = [&](const Error& error) { return tl::unexpected(Unreadable(action, error, doing)); };
    const auto location = json::Otherwise<std::string>(table.rest, "metadata-location", "");
    if (!location) return unreadable(location.error());
    // The reply to a commit has no storage settings, so those of the last load stay.
    auto io = action == RestAction::kCommit ? KnownIo(ident) : TakeIo(ident, table.rest, table.metadata->location);
    if (!io) return unreadable(io.error());
    auto files = files_.Of(*table.metadata, *location, *std::move(io));
    LoadedTable loaded{MarkedAsShown(std::move(table.metadata)), *location, std::move(files)};
    Remember(ident, loaded);
    return loaded;
  }

  // The table as last loaded. If it was not loaded, `metadata` is null.
  LoadedTable Known(const TableIdent& ident) {
    std::lock_guard lock(mutex_);
    const auto found = last_.find(ident.ToString());
    return found == last_.end() ? LoadedTable() : found->second;
  }
  void Remember(const TableIdent& ident, const LoadedTable& table) {
    std::lock_guard lock(mutex_);
    last_[ident.ToString()] = table;
  }

  void Forget(const TableIdent& ident) {
    std::lock_guard lock(mutex_);
    ios_.erase(ident.ToString());
    last_.erase(ident.ToString());
  }

  Result<std::shared_ptr<io::FileIo>> KnownIo(const TableIdent& ident) {
    {
      std::lock_guard lock(mutex_);
      if (const auto found = ios_.find(ident.ToString()); found != ios_.end()) return found->second;
    }
    return TakeIo(ident, Json::object(), "");
  }

  Result<std::shared_ptr<io::FileIo>> TakeIo(const TableIdent& ident, const Json& body, const std::string& location) {
    Clock& clock = Clock::System();
    FRAZIL_ASSIGN_OR_RETURN(VendedStorage storage, VendedStorageOf(body, location, session_->properties(), own_,
                                                                   session_->trusted(), clock.NowMillis()));
    std::lock_guard lock(mutex_);
    std::shared_ptr<VendedFileIo>& io = ios_[ident.ToString()];
    if (io) {
      FRAZIL_RETURN_IF_ERROR(io->Update(std::move(storage)));
      return io;
    }
    // This keeps the session alive, but not the catalog: a table's files may outlive the catalog.
    auto renew = [session = session_, own = own_, ident, location, &clock]() -> Result<VendedStorage> {
      FRAZIL_ASSIGN_OR_RETURN(const auto reply, AskForTable(*session, ident, "refs"));
      FRAZIL_ASSIGN_OR_RETURN(const Json again, json::Parse(reply.body));
      FRAZIL_RETURN_IF_ERROR(json::ExpectObject(again, "the reply"));
      return VendedStorageOf(again, location, session->properties(), own, session->trusted(), clock.NowMillis());
    };
    FRAZIL_ASSIGN_OR_RETURN(io, VendedFileIo::Make(std::move(storage), std::move(renew)));
    return io;
  }

  static void Hint(const LoadedTable& table) {
    if (!table.metadata_location.empty()) WriteVersionHint(*table.io, *table.metadata, table.metadata_location);
  }

  const std::shared_ptr<RestSession> session_;
  const io::Properties own_;
  TableFiles files_;
  std::mutex mutex_;  // of what follows
  std::map<std::string, std::shared_ptr<VendedFileIo>> ios_;
  std::map<std::string, LoadedTable> last_;
};

}  // namespace

Result<std::shared_ptr<Catalog>> OpenRestCatalog(const RestCatalogOptions& options) {
  FRAZIL_ASSIGN_OR_RETURN(auto session, RestSession::Connect(options));
  // Storage settings among the user's catalog properties also count as the user's own.
  io::Properties own = options.io;
  for (const auto& [key, value] : options.properties) {
    const auto storages = storage::Storages();
    const bool is_one = std::any_of(storages.begin(), storages.end(),
                                    [&name = key](const storage::Storage* each) { return each->settings.Has(name); });
    if (is_one) own.emplace(key, value);
  }
  // So does an endpoint in the user's environment. It overrides what the catalog says, which the storage's client would
  // not do by itself.
  for (const storage::Storage* each : storage::Storages()) {
    for (const char* variable : each->settings.endpoint_variables) {
      const char* const endpoint = std::getenv(variable);
      if (endpoint != nullptr && *endpoint != '\0') own.emplace(each->settings.endpoints.front(), endpoint);
    }
  }
  return std::make_shared<RestCatalog>(std::move(session), std::move(own), options);
}

}  // namespace frazil::catalog
