// Drives the catalogs and file access from tests/conformance: catalog_tool CATALOG.json COMMAND …
//   create-namespace NS | list-namespaces | list-tables NS
//   create-table NS.T TABLE.json    {"schema": …, "spec": [fields], "properties": {…}, "location": "",
//   "format-version": 2} load NS.T                       prints {"metadata-location", "metadata"} append NS.T
//   FILES.json          data files of an unpartitioned table: [{"file_path", "record_count",
//                                   "file_size_in_bytes"}]; retries conflicts on a fresh base
//   drop-table NS.T | rename-table NS.T NS.U
//   add-column NS.T NAME TYPE | set-property NS.T KEY VALUE
//   commit-stale NS.T               two commits on one base: the second must be refused; prints its kind
//   round-trip LOCATION BYTES       writes, reads in pieces, replaces, deletes a file by the catalog's own file access
//   hold LOCATION                   leaves a file unfinished and ends
//   write LOCATION TEXT | list FOLDER   prints {location: [bytes, milliseconds since 1970]}
// CATALOG.json: {"type": "sql"|"rest"|"hive"|"glue", "uri", "warehouse", "name", "credential", "properties": {…}, "io":
// {…}} Errors go to stderr as "KIND: message", exit code 1.
#include <fmt/core.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <vector>

#include "catalog/catalog.h"
#include "catalog/glue/glue_catalog.h"
#include "catalog/hive/hive_catalog.h"
#include "catalog/renaming.h"
#include "catalog/rest_catalog.h"
#include "catalog/sql_catalog.h"
#include "common/time/clock.h"
#include "iceberg/metadata_json.h"
#include "iceberg/schema_json.h"
#include "iceberg/schema_update.h"
#include "iceberg/snapshot_writer.h"
#include "storage/storage.h"

namespace frazil {
namespace {

using Json = nlohmann::json;
using Arguments = std::vector<std::string>;

Result<std::shared_ptr<catalog::Catalog>> Open(const Json& config) {
  const auto text = [&](const char* key) { return config.value(key, std::string()); };
  const auto io = config.value("io", io::Properties());
  if (text("type") == "sql") {
    catalog::SqlCatalogOptions options{text("uri"), text("warehouse"), config.value("name", "frazil"), io};
    return catalog::OpenSqlCatalog(options);
  }
  if (text("type") == "hive") return catalog::OpenHiveCatalog({text("uri"), text("warehouse"), io});
  if (text("type") == "glue") {
    catalog::GlueCatalogOptions options{text("warehouse"), text("region"), text("catalog_id"), text("endpoint")};
    options.profile = text("profile");
    options.io = io;
    return catalog::OpenGlueCatalog(options);
  }
  return catalog::OpenRestCatalog({text("uri"), text("warehouse"), Secret(text("credential")),
                                   config.value("properties", std::map<std::string, std::string>()), io});
}

void Print(const catalog::LoadedTable& table) {
  const Json shown = {{"metadata-location", table.metadata_location},
                      {"metadata", Json::parse(iceberg::WriteTableMetadata(*table.metadata))}};
  fmt::print("{}\n", shown.dump());
}

Status CreateTable(catalog::Catalog& catalog, const catalog::TableIdent& ident, const Json& json) {
  iceberg::NewTable table;
  table.location = json.value("location", "");
  FRAZIL_ASSIGN_OR_RETURN(const auto schema, iceberg::ParseSchema(json.at("schema")));
  table.schema = schema->fields();
  FRAZIL_ASSIGN_OR_RETURN(table.spec, iceberg::ParsePartitionFields(json.value("spec", Json::array())));
  if (json.contains("sort-order")) {
    FRAZIL_ASSIGN_OR_RETURN(table.sort_order, iceberg::ParseSortOrder(json["sort-order"]));
  }
  table.properties = json.value("properties", std::map<std::string, std::string>());
  table.format_version = json.value("format-version", 2);
  FRAZIL_ASSIGN_OR_RETURN(const auto created, catalog.CreateTable(ident, table));
  Print(created);
  return {};
}

Status Append(catalog::Catalog& catalog, const catalog::TableIdent& ident, const Json& json) {
  std::vector<iceberg::DataFile> files;
  for (const Json& one : json) {
    iceberg::DataFile file;
    file.file_path = one.at("file_path");
    file.record_count = one.at("record_count");
    file.file_size_in_bytes = one.at("file_size_in_bytes");
    files.push_back(std::move(file));
  }
  iceberg::SnapshotWriter append("main", iceberg::AppendFiles(std::move(files)), {{"frazil.test", "yes"}});
  for (int attempt = 1;; ++attempt) {
    FRAZIL_ASSIGN_OR_RETURN(const auto base, catalog.LoadTable(ident));
    FRAZIL_ASSIGN_OR_RETURN(const auto prepared, append.Prepare(*base.metadata, *base.io, Clock::System().NowMillis()));
    const auto committed = catalog.Commit(ident, prepared.requirements, prepared.updates, "");
    if (committed) {
      Print(*committed);
      return {};
    }
    if (committed.error().kind != ErrorKind::kCommitConflict || attempt == 20) {
      return tl::unexpected(committed.error());
    }
  }
}

Status CommitUpdates(catalog::Catalog& catalog, const catalog::TableIdent& ident,
                     const std::vector<iceberg::TableUpdate>& updates) {
  FRAZIL_ASSIGN_OR_RETURN(const auto base, catalog.LoadTable(ident));
  FRAZIL_ASSIGN_OR_RETURN(const auto committed,
                          catalog.Commit(ident, iceberg::RequirementsFor(*base.metadata, updates), updates, ""));
  Print(committed);
  return {};
}

Status AddColumn(catalog::Catalog& catalog, const catalog::TableIdent& ident, const std::string& name,
                 const std::string& type) {
  FRAZIL_ASSIGN_OR_RETURN(const auto base, catalog.LoadTable(ident));
  iceberg::ColumnAddition addition;
  addition.field.name = name;
  FRAZIL_ASSIGN_OR_RETURN(addition.field.type, iceberg::ParsePrimitiveType(type));
  FRAZIL_ASSIGN_OR_RETURN(const auto updates, iceberg::AddColumns(*base.metadata, {addition}));
  return CommitUpdates(catalog, ident, updates);
}

Status CommitStale(catalog::Catalog& catalog, const catalog::TableIdent& ident) {
  FRAZIL_ASSIGN_OR_RETURN(const auto base, catalog.LoadTable(ident));
  const int64_t now = Clock::System().NowMillis();
  for (const bool first : {true, false}) {
    iceberg::SnapshotWriter append("main", iceberg::NoFiles(), {});
    FRAZIL_ASSIGN_OR_RETURN(const auto prepared, append.Prepare(*base.metadata, *base.io, now));
    const auto committed = catalog.Commit(ident, prepared.requirements, prepared.updates, "");
    if (first) {
      if (!committed) return tl::unexpected(committed.error());
    } else {
      fmt::print("{}\n", committed ? "committed" : ToString(committed.error().kind));
    }
  }
  return {};
}

Status RoundTrip(io::FileIo& io, const std::string& location, size_t size) {
  std::string bytes(size, '\0');
  for (size_t i = 0; i < size; ++i) bytes[i] = static_cast<char>(i * 2654435761U >> 13);
  FRAZIL_ASSIGN_OR_RETURN(const bool before, io.Exists(location));
  FRAZIL_ASSIGN_OR_RETURN(auto out, io.Create(location));
  for (size_t at = 0; at < size; at += 1'000'003) {
    FRAZIL_RETURN_IF_ERROR(out->Write(std::string_view(bytes).substr(at, 1'000'003)));
  }
  FRAZIL_ASSIGN_OR_RETURN(const bool unfinished, io.Exists(location));
  FRAZIL_RETURN_IF_ERROR(out->Close());
  FRAZIL_ASSIGN_OR_RETURN(const bool after, io.Exists(location));
  FRAZIL_ASSIGN_OR_RETURN(const std::string all, io.ReadAll(location));
  FRAZIL_ASSIGN_OR_RETURN(auto in, io.Open(location));
  std::string middle(std::min<size_t>(size, 1000), '\0');
  FRAZIL_RETURN_IF_ERROR(in->ReadAt(static_cast<int64_t>(size - middle.size()), middle));
  char one = 0;
  const auto beyond = in->ReadAt(static_cast<int64_t>(size), std::span(&one, 1));
  FRAZIL_RETURN_IF_ERROR(io.Replace(location, "short"));
  FRAZIL_ASSIGN_OR_RETURN(const std::string replaced, io.ReadAll(location));
  FRAZIL_RETURN_IF_ERROR(io.Delete(location));
  FRAZIL_RETURN_IF_ERROR(io.Delete(location));
  FRAZIL_ASSIGN_OR_RETURN(const bool deleted, io.Exists(location));
  const bool right = !before && after && all == bytes && bytes.ends_with(middle) && !beyond && replaced == "short" &&
                     !deleted && out->position() == static_cast<int64_t>(size);
  fmt::print("{}\n", !right ? "wrong" : unfinished ? "right, and seen unfinished" : "right");
  return {};
}

Status Hold(io::FileIo& io, const std::string& location) {
  FRAZIL_ASSIGN_OR_RETURN(auto out, io.Create(location));
  return out->Write(std::string(12 << 20, 'x'));
}

Status List(io::FileIo& io, const std::string& folder) {
  Json found = Json::object();
  FRAZIL_RETURN_IF_ERROR(io.List(folder, [&](const io::ListedFile& file) -> Status {
    found[file.location] = {file.size, file.modified_ms};
    return {};
  }));
  fmt::print("{}\n", found.dump());
  return {};
}

Status Run(const Arguments& arguments) {
  if (arguments.size() < 2) return Fail(ErrorKind::kInvalidArgument, "see the head of catalog_tool.cc");
  const Json config = Json::parse(std::ifstream(arguments[0]));
  const std::string& command = arguments[1];
  const auto argument = [&](size_t i) { return i < arguments.size() ? arguments[i] : std::string(); };
  if (config.contains("io") && !config.contains("type")) {
    FRAZIL_ASSIGN_OR_RETURN(const auto io, storage::MakeFileIo(config.value("io", io::Properties())));
    if (command == "hold") return Hold(*io, argument(2));
    if (command == "list") return List(*io, argument(2));
    if (command == "write") return io->WriteAll(argument(2), argument(3));
    return RoundTrip(*io, argument(2), std::stoul(argument(3)));
  }

  FRAZIL_ASSIGN_OR_RETURN(const auto catalog, Open(config));
  if (command == "create-namespace") return catalog->CreateNamespace(catalog::ParseNamespace(argument(2)));
  if (command == "list-namespaces") {
    FRAZIL_ASSIGN_OR_RETURN(const auto namespaces, catalog->ListNamespaces());
    fmt::print("{}\n", Json(namespaces).dump());
    return {};
  }
  if (command == "list-tables") {
    FRAZIL_ASSIGN_OR_RETURN(const auto tables, catalog->ListTables(catalog::ParseNamespace(argument(2))));
    Json names = Json::array();
    for (const auto& table : tables) names.push_back(table.ToString());
    fmt::print("{}\n", names.dump());
    return {};
  }

  FRAZIL_ASSIGN_OR_RETURN(const auto ident, catalog::ParseTableIdent(argument(2)));
  if (command == "create-table") return CreateTable(*catalog, ident, Json::parse(std::ifstream(argument(3))));
  if (command == "append") return Append(*catalog, ident, Json::parse(std::ifstream(argument(3))));
  if (command == "drop-table") return catalog->DropTable(ident);
  if (command == "rename-table") {
    FRAZIL_ASSIGN_OR_RETURN(const auto to, catalog::ParseTableIdent(argument(3)));
    return dynamic_cast<catalog::Renaming&>(*catalog).RenameTable(ident, to);
  }
  if (command == "add-column") return AddColumn(*catalog, ident, argument(3), argument(4));
  if (command == "commit-stale") return CommitStale(*catalog, ident);
  if (command == "set-property") {
    return CommitUpdates(*catalog, ident, {iceberg::SetProperties{{{argument(3), argument(4)}}}});
  }
  if (command == "load") {
    FRAZIL_ASSIGN_OR_RETURN(const auto table, catalog->LoadTable(ident));
    Print(table);
    return {};
  }
  return Fail(ErrorKind::kInvalidArgument, "unknown command {}", command);
}

}  // namespace
}  // namespace frazil

int main(int argc, char** argv) {
  const auto status = frazil::Run({argv + 1, argv + argc});
  if (status) return 0;
  fmt::print(stderr, "{}: {}\n", frazil::ToString(status.error().kind), status.error().message);
  return 1;
}
