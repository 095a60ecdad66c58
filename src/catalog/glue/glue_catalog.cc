// A commit (reference: GlueTableOperations) writes the metadata file, then replaces Glue's object of the table. Glue
// refuses that if the object no longer has the version that the commit is based on.
#include "catalog/glue/glue_catalog.h"

#include <nlohmann/json.hpp>
#include <set>
#include <utility>
#include <vector>

#include "aws/endpoint.h"
#include "aws/profile.h"
#include "catalog/database_names.h"
#include "catalog/glue/glue_client.h"
#include "catalog/glue/glue_files.h"
#include "catalog/glue/glue_table.h"
#include "catalog/pointer_catalog.h"
#include "common/failpoint.h"
#include "common/limits.h"
#include "common/text/url.h"
#include "iceberg/json_members.h"
#include "io/location.h"
#include "storage/storage.h"

namespace frazil::catalog {
namespace {

namespace json = iceberg::json;
using glue::Effect;
using glue::GlueClient;
using json::Json;

constexpr DatabaseNames kNames = {"AWS Glue", 252, 255};

// For changes that may be repeated without harm.
Status Repeatable(Status done) {
  if (!done && done.error().kind == ErrorKind::kCommitUnknown) done.error().kind = ErrorKind::kUnavailable;
  return done;
}

class GlueStore final : public PointerStore {
 public:
  GlueStore(std::shared_ptr<GlueClient> client, std::string warehouse)
      : client_(std::move(client)), warehouse_(std::move(warehouse)) {}

  std::string Describe() const override { return client_->where(); }

  Result<std::vector<Namespace>> ListNamespaces() override {
    std::vector<Namespace> namespaces;
    FRAZIL_RETURN_IF_ERROR(
        Pages("GetDatabases", Json::object(), "list databases", "DatabaseList", [&](const Json& one) {
          if (auto name = json::Required<std::string>(one, "Name")) namespaces.push_back({*std::move(name)});
        }));
    return namespaces;
  }

  // The database gets no location, as in the reference.
  Status CreateNamespace(const Namespace& ns) override {
    FRAZIL_RETURN_IF_ERROR(kNames.Check(ns));
    return Repeatable(
        Change("CreateDatabase", {{"DatabaseInput", {{"Name", ns.front()}}}}, "create database " + ns.front()));
  }

  Result<bool> NamespaceExists(const Namespace& ns) override {
    FRAZIL_RETURN_IF_ERROR(kNames.Check(ns));
    const auto found = Database(ns.front());
    if (!found && found.error().kind == ErrorKind::kNotFound) return false;
    if (!found) return tl::unexpected(found.error());
    return true;
  }

  Result<std::vector<std::string>> ListTables(const Namespace& ns) override {
    FRAZIL_RETURN_IF_ERROR(kNames.Check(ns));
    std::vector<std::string> names;
    FRAZIL_RETURN_IF_ERROR(Pages("GetTables", {{"DatabaseName", ns.front()}}, "list the tables of " + ns.front(),
                                 "TableList", [&](const Json& one) {
                                   auto name = json::Required<std::string>(one, "Name");
                                   if (name && glue::IsIceberg(one)) names.push_back(*std::move(name));
                                 }));
    return names;
  }

  Result<std::string> NewTableLocation(const TableIdent& ident) override {
    FRAZIL_ASSIGN_OR_RETURN(const Json database, Database(ident.ns.front()));
    const auto told = json::Otherwise<std::string>(database, "LocationUri", "");
    const std::string folder = io::StripTrailingSlashes(told.value_or(""));
    if (folder.empty()) return fmt::format("{}/{}.db/{}", warehouse_, ident.ns.front(), ident.name);
    if (const Status reachable = storage::CheckLocation(folder); !reachable) {
      return Wrap(reachable.error(),
                  fmt::format("database {} in {} lies at {}, where no table can be made; alter its location, or use "
                              "another database",
                              ident.ns.front(), Describe(), folder));
    }
    return folder + "/" + ident.name;
  }

  Result<Pointer> Get(const TableIdent& ident) override {
    FRAZIL_ASSIGN_OR_RETURN(const Json table, Table(ident));
    return glue::PointerOf(table, ident);
  }

  Status Insert(const TableIdent& ident, const std::string& location, const iceberg::TableMetadata& metadata) override {
    FRAZIL_RETURN_IF_ERROR(kNames.Check(ident));
    return Change("CreateTable",
                  {{"DatabaseName", ident.ns.front()},
                   {"TableInput", glue::TableInputOf(ident.name, location, metadata, Json())}},
                  "create table " + ident.ToString());
  }

  // SkipArchive: Glue would keep the old version, but limits their number, and the table has its own history.
  Status Swap(const TableIdent& ident, const Pointer& from, const std::string& to,
              const iceberg::TableMetadata& metadata) override {
    FRAZIL_ASSIGN_OR_RETURN(const Json table, Table(ident));
    FRAZIL_ASSIGN_OR_RETURN(const Pointer current, glue::PointerOf(table, ident));
    if (current != from) {
      return Fail(ErrorKind::kCommitConflict, "Commit conflict - table was modified concurrently: {} in {}",
                  ident.ToString(), Describe());
    }
    FRAZIL_FAILPOINT("glue-compared");
    return Change("UpdateTable",
                  {{"DatabaseName", ident.ns.front()},
                   {"TableInput", glue::TableInputOf(ident.name, to, metadata, table)},
                   {"VersionId", current.version},
                   {"SkipArchive", true}},
                  "commit to table " + ident.ToString());
  }

  Status Remove(const TableIdent& ident) override {
    FRAZIL_RETURN_IF_ERROR(Get(ident));  // fails for a table that is no Iceberg table
    return Repeatable(Change("DeleteTable", {{"DatabaseName", ident.ns.front()}, {"Name", ident.name}},
                             "drop table " + ident.ToString()));
  }

  // Glue has no such call. The reference makes a second object and drops the first one. A commit in between would be
  // lost, since DeleteTable asks for no version.
  Status Rename(const TableIdent& from, const TableIdent& to) override {
    return Fail(
        ErrorKind::kUnsupported,
        "AWS Glue has no call that renames a table: {} in {} keeps its name. Stop all that write to it, and have "
        "another program (PyIceberg, Spark) rename it to {}",
        from.ToString(), Describe(), to.ToString());
  }

 private:
  Status Change(const char* action, Json body, const std::string& doing) {
    FRAZIL_RETURN_IF_ERROR(client_->Ask(action, std::move(body), doing, Effect::kChange));
    return {};
  }

  // The answer's member `key`, an object.
  Result<Json> Object(const char* action, Json body, const std::string& doing, const char* key) {
    FRAZIL_ASSIGN_OR_RETURN(const Json answer, client_->Ask(action, std::move(body), doing, Effect::kNone));
    auto object = json::Required<Json>(answer, key);
    if (object && object->is_object()) return object;
    return Fail(ErrorKind::kCorrupt, "cannot {}: the answer of {} has no object \"{}\"", doing, Describe(), key);
  }

  Result<Json> Database(const std::string& name) {
    return Object("GetDatabase", {{"Name", name}}, "look for database " + name, "Database");
  }

  Result<Json> Table(const TableIdent& ident) {
    FRAZIL_RETURN_IF_ERROR(kNames.Check(ident));
    return Object("GetTable", {{"DatabaseName", ident.ns.front()}, {"Name", ident.name}},
                  "load table " + ident.ToString(), "Table");
  }

  // Calls `take` with each object of all pages of a list.
  template <class Take>
  Status Pages(const char* action, Json body, const std::string& doing, const char* key, const Take& take) {
    const Limit& most = CurrentLimits().catalog_pages;
    std::set<std::string> tokens;
    for (int64_t pages = 1;; ++pages) {
      FRAZIL_ASSIGN_OR_RETURN(const Json page, client_->Ask(action, body, doing, Effect::kNone));
      const auto listed = json::Otherwise<std::vector<Json>>(page, key, {});
      if (!listed) return Wrap(listed.error(), fmt::format("cannot {}: the answer of {}", doing, Describe()));
      for (const Json& one : *listed) {
        if (one.is_object()) take(one);
      }
      const auto token = json::Otherwise<std::string>(page, "NextToken", "").value_or("");
      if (token.empty()) return {};
      if (!tokens.insert(token).second) {
        return Fail(ErrorKind::kCorrupt, "cannot {}: {} gives a page that it has given before", doing, Describe());
      }
      if (pages >= most.amount()) {
        return Fail(ErrorKind::kCorrupt, "cannot {}: {} gives more pages than {} allows", doing, Describe(), most);
      }
      body["NextToken"] = token;
    }
  }

  const std::shared_ptr<GlueClient> client_;
  const std::string warehouse_;
};

}  // namespace

Result<std::shared_ptr<Catalog>> OpenGlueCatalog(const GlueCatalogOptions& options) {
  FRAZIL_ASSIGN_OR_RETURN(const std::string region, aws::RegionOf(options.region, options.profile));
  if (region.empty()) {
    return Fail(
        ErrorKind::kInvalidArgument,
        "nobody says which region of AWS Glue to ask: give it, or set AWS_REGION, or give the profile a region");
  }
  glue::GlueAddress address{io::StripTrailingSlashes(options.endpoint), region, options.catalog_id};
  if (address.url.empty()) {
    FRAZIL_ASSIGN_OR_RETURN(address.url, aws::EndpointOf("glue", region));
  }
  if (!OriginOf(address.url) || HasUserInfo(address.url)) {
    return Fail(ErrorKind::kInvalidArgument, "the endpoint of AWS Glue is '{}': expected http(s)://HOST[:PORT]",
                http::PrintableUrl(address.url));
  }
  const auto client = std::make_shared<GlueClient>(
      std::move(address), aws::CredentialOptions{options.credentials, options.profile, region}, Clock::System());
  FRAZIL_ASSIGN_OR_RETURN(auto files, OpenGlueFiles(options));
  return PointerCatalog::OpenWith(std::move(files),
                                  std::make_unique<GlueStore>(client, io::StripTrailingSlashes(options.warehouse)),
                                  options.warehouse, options.files);
}

}  // namespace frazil::catalog
