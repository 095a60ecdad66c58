// What the verbs share that change a table: what they work on, and how they ask.
#pragma once

#include <CLI/App.hpp>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "app/table_place.h"
#include "catalog/catalog.h"
#include "table/references.h"
#include "table/table.h"

namespace frazil::app {

struct Subject {
  catalog::TableIdent ident;
  std::shared_ptr<catalog::Catalog> catalog;
  std::shared_ptr<table::Table> table;
};

// Loads the table that the flags name and does `work` with it, whose exit code it returns.
int WithTable(const TableFlags& flags, const std::function<int(Subject&)>& work);

// What an error of a change means for the exit code: what was asked for wrongly is wrong usage.
int FailedChange(const Error& error);

// Asks before something is done that takes away: kDone if it may be done, else the exit code.
int AskFirst(const std::string& question, bool yes);
void AddYesFlag(CLI::App& verb, bool& yes);

// A branch or tag after it was changed.
nlohmann::ordered_json MoveJson(const Subject& subject, const char* kind, const std::string& name,
                                const table::RefMove& move);
// A line for each of those offsets that went with a branch, and each that stayed.
std::string OffsetsText(const table::RefMove& move);

}  // namespace frazil::app
