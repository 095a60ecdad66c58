// `frazil table list|describe|snapshots|files|history`: prints what is known of tables, and changes nothing. The verbs
// that change tables are in files of their own.
#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "app/open_catalog.h"
#include "app/table_place.h"
#include "app/table_report.h"
#include "app/text_table.h"
#include "app/verbs/table_care_verb.h"
#include "app/verbs/table_refs_verb.h"
#include "app/verbs/verb.h"

namespace frazil::app {
namespace {

using Json = nlohmann::ordered_json;

using ToText = std::string (*)(const Json&);
// Makes the report of one verb.
using Look = Result<Json> (*)(const catalog::TableIdent& ident, const catalog::LoadedTable& table);

int Print(const TableFlags& flags, const Json& json, ToText to_text) {
  fmt::print("{}", flags.json ? FormatJson(json) : to_text(json));
  return kDone;
}

int List(const TableFlags& flags) {
  auto place = FindPlace(flags);
  if (!place) return Failed(place.error(), kUsage);
  const auto catalog = OpenCatalog(place->catalog);
  if (!catalog) return Failed(catalog.error());
  const auto ns = flags.name.empty() ? catalog::Namespace{} : catalog::ParseNamespace(flags.name);
  const auto list = TableList(**catalog, ns);
  if (!list) return Failed(list.error());
  return Print(flags, *list, TableListText);
}

int ShowTable(const TableFlags& flags, Look look, ToText to_text) {
  auto place = FindPlace(flags);
  if (!place) return Failed(place.error(), kUsage);
  const auto ident = NamedTable(flags, *place);
  if (!ident) return Failed(ident.error(), kUsage);
  const auto catalog = OpenCatalog(place->catalog);
  if (!catalog) return Failed(catalog.error());
  const auto table = (*catalog)->LoadTable(*ident);
  if (!table) return Failed(table.error());
  const auto json = look(*ident, *table);
  if (!json) return Failed(json.error());
  return Print(flags, *json, to_text);
}

CLI::App* AddVerb(CLI::App& group, const std::string& name, const std::string& help, const std::string& operand,
                  const std::string& operand_help, const std::shared_ptr<TableFlags>& flags) {
  auto* verb = group.add_subcommand(name, help);
  AddTableFlags(*verb, operand, operand_help, *flags);
  return verb;
}

void AddShow(CLI::App& group, Action& action, const std::string& name, const std::string& help, Look look,
             ToText to_text) {
  auto flags = std::make_shared<TableFlags>();
  auto* verb = AddVerb(group, name, help, "TABLE", "NAMESPACE.TABLE; with -c: the sink's table unless given", flags);
  verb->footer(fmt::format("Examples:\n  frazil table {0} default.weather\n  frazil table {0} -c weather.yaml", name));
  verb->callback([=, &action] { action = [=] { return ShowTable(*flags, look, to_text); }; });
}

}  // namespace

void AddTableVerb(CLI::App& app, Action& action) {
  auto* group = app.add_subcommand("table", "Look at tables, and steer them");
  group->require_subcommand(1);
  group->footer("Example:\n  frazil table describe default.weather");

  auto flags = std::make_shared<TableFlags>();
  auto* list = AddVerb(*group, "list", "The tables of a catalog", "NAMESPACE", "Only those of this namespace", flags);
  list->footer("Examples:\n  frazil table list\n  frazil table list --catalog http://localhost:8181 default");
  list->callback([flags, &action] { action = [flags] { return List(*flags); }; });

  AddShow(
      *group, action, "describe", "Schema, partitioning, properties, offsets, current snapshot of a table",
      [](const catalog::TableIdent& ident, const catalog::LoadedTable& table) -> Result<Json> {
        return TableDescription(ident, table);
      },
      TableDescriptionText);
  AddShow(
      *group, action, "snapshots", "The snapshots of a table and the offsets each moved",
      [](const catalog::TableIdent&, const catalog::LoadedTable& table) -> Result<Json> {
        return TableSnapshots(*table.metadata);
      },
      TableSnapshotsText);
  AddShow(
      *group, action, "files", "The files of a table's current snapshot",
      [](const catalog::TableIdent&, const catalog::LoadedTable& table) { return TableFiles(table); }, TableFilesText);
  AddShow(
      *group, action, "history", "Which snapshot was current when",
      [](const catalog::TableIdent&, const catalog::LoadedTable& table) -> Result<Json> {
        return TableHistory(*table.metadata);
      },
      TableHistoryText);
  AddTableRefVerbs(*group, action);
  AddTableCareVerbs(*group, action);
}

}  // namespace frazil::app
