#include "app/offset_trial.h"

#include <fmt/core.h>

#include <chrono>

#include "common/random.h"
#include "table/committer.h"
#include "table/table.h"

namespace frazil::app {
namespace {

constexpr char kName[] = "check";

Result<table::OffsetForm> FormAfterFirstCommit(const std::shared_ptr<table::Table>& table) {
  table::CommitterOptions options;
  options.pipeline = kName;
  options.cluster_id = kName;
  options.topic_ids = {{kName, ""}};
  options.patience = std::chrono::seconds(20);
  table::Committer committer(table, options);
  FRAZIL_RETURN_IF_ERROR(committer.Load());
  FRAZIL_RETURN_IF_ERROR(committer.Establish({{{kName, 0}, 0}}));
  FRAZIL_ASSIGN_OR_RETURN(const auto loaded, table->Reload(table::Table::History::kWhole));
  FRAZIL_ASSIGN_OR_RETURN(const auto states, table::StoredStates(*loaded.metadata, *loaded.io));
  if (states.empty()) {
    return Fail(ErrorKind::kUnsupported, "{} showed the offsets after the commit, and does not with the next load",
                table->catalog().Describe());
  }
  return states.front().form;
}

// Deletes what the trial wrote. Errors are ignored: a catalog may have written some of these files elsewhere, or not at
// all.
void DeleteFiles(const catalog::LoadedTable& table) {
  for (const auto& snapshot : table.metadata->snapshots) (void)table.io->Delete(snapshot.manifest_list);
  for (const auto& entry : table.metadata->metadata_log) (void)table.io->Delete(entry.metadata_file);
  if (table.metadata_location.empty()) return;
  (void)table.io->Delete(table.metadata_location);
  const std::string folder = table.metadata_location.substr(0, table.metadata_location.rfind('/'));
  (void)table.io->Delete(folder + "/version-hint.text");
}

}  // namespace

Result<table::OffsetForm> TryToKeepOffsets(const std::shared_ptr<catalog::Catalog>& catalog,
                                           const catalog::Namespace& ns) {
  const catalog::TableIdent ident{ns, "frazil_check_" + RandomUuid().substr(0, 8)};
  iceberg::NewTable made;
  made.schema = {{1, "id", iceberg::Type::Primitive(iceberg::TypeKind::kLong), false, "", {}, {}}};
  auto created = catalog->CreateTable(ident, made);
  if (!created) return Wrap(created.error(), "a table to try it on could not be made");
  const auto table = std::make_shared<table::Table>(catalog, ident, *std::move(created));
  auto form = FormAfterFirstCommit(table);
  const catalog::LoadedTable last = table->current();
  if (const Status dropped = catalog->DropTable(ident); !dropped) {
    return Wrap(dropped.error(), fmt::format("the table {} that it was tried on is left behind", ident.ToString()));
  }
  DeleteFiles(last);
  return form;
}

}  // namespace frazil::app
