// Finds the table that a command line means.
#pragma once

#include <CLI/App.hpp>
#include <optional>
#include <string>

#include "app/catalog_config.h"
#include "app/config.h"
#include "catalog/catalog.h"
#include "common/result.h"

namespace frazil::app {

// The flags that the verbs on tables share.
struct TableFlags {
  std::string name;  // a table, or a namespace to list
  std::string file;
  std::string sink;
  CatalogFlags catalog;
  bool json = false;
};
void AddTableFlags(CLI::App& verb, const std::string& operand, const std::string& operand_help, TableFlags& flags);

// The catalog that the flags or the configuration file name, and the table that the file's sink feeds.
struct TablePlace {
  CatalogConfig catalog;
  catalog::TableIdent table;     // has an empty name if there is no -c
  std::optional<Config> config;  // the file of -c, if given
  std::string sink;              // the name of the sink in that file
};
Result<TablePlace> FindPlace(const TableFlags& flags);

// Returns the table that the flags name, else that of `place`. kInvalidArgument if there is neither.
Result<catalog::TableIdent> NamedTable(const TableFlags& flags, const TablePlace& place);

}  // namespace frazil::app
