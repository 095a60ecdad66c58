// Which table a command line means.
#pragma once

#include <CLI/App.hpp>
#include <optional>
#include <string>

#include "app/catalog_config.h"
#include "app/config.h"
#include "catalog/catalog.h"
#include "common/result.h"

namespace frazil::app {

// The flags of verbs that look at tables.
struct TableFlags {
  std::string name;  // a table, or a namespace to list
  std::string file;
  std::string sink;
  CatalogFlags catalog;
  bool json = false;
};
void AddTableFlags(CLI::App& verb, const std::string& operand, const std::string& operand_help, TableFlags& flags);

// The catalog, and the table the sink of a configuration file feeds.
struct TablePlace {
  CatalogConfig catalog;
  catalog::TableIdent table;     // empty name: flags name no table
  std::optional<Config> config;  // of -c
  std::string sink;              // its name there
};
Result<TablePlace> FindPlace(const TableFlags& flags);

// The table that is named, or the place's own. kInvalidArgument if there is neither.
Result<catalog::TableIdent> NamedTable(const TableFlags& flags, const TablePlace& place);

}  // namespace frazil::app
