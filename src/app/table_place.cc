#include "app/table_place.h"

#include <CLI/CLI.hpp>

namespace frazil::app {

void AddTableFlags(CLI::App& verb, const std::string& operand, const std::string& operand_help, TableFlags& flags) {
  verb.add_option(operand, flags.name, operand_help);
  auto* file = verb.add_option("-c,--config", flags.file, "Configuration file whose sink names catalog and table");
  verb.add_option("--sink", flags.sink, "Which sink of the file, when it has several")->needs(file);
  verb.add_option(
          "--catalog", flags.catalog.catalog,
          "sqlite:////absolute/path/catalog.db, postgresql://USER@HOST/DATABASE or http(s)://HOST; without it and -c: "
          "the embedded catalog, "
          "~/.local/share/frazil/catalog.db")
      ->excludes(file);
  verb.add_option("--warehouse", flags.catalog.warehouse,
                  "Folder or s3://… of new tables; of a REST catalog: the warehouse's name")
      ->excludes(file);
  verb.add_option("--catalog-name", flags.catalog.name, "Name of a SQL catalog in its own tables [frazil]")
      ->excludes(file);
  verb.add_flag("--json", flags.json, "All there is, as JSON");
}

Result<TablePlace> FindPlace(const TableFlags& flags) {
  TablePlace place;
  if (flags.file.empty()) {
    FRAZIL_ASSIGN_OR_RETURN(place.catalog, CatalogFromFlags(flags.catalog));
    return place;
  }
  FRAZIL_ASSIGN_OR_RETURN(place.config, LoadConfig(flags.file));
  FRAZIL_ASSIGN_OR_RETURN(const SinkConfig* sink, ChooseSink(*place.config, flags.sink));
  place.catalog = sink->catalog;
  place.table = sink->options.table;
  place.sink = sink->name;
  return place;
}

Result<catalog::TableIdent> NamedTable(const TableFlags& flags, const TablePlace& place) {
  if (!flags.name.empty()) return catalog::ParseTableIdent(flags.name);
  if (!place.table.name.empty()) return place.table;
  return Fail(ErrorKind::kInvalidArgument,
              "no table is named; give NAMESPACE.TABLE, or -c FILE for the table it feeds");
}

}  // namespace frazil::app
