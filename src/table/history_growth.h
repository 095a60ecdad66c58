// Warns if a table's history grows without end. The metadata that each commit loads and rewrites grows with it.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "catalog/catalog.h"

namespace frazil::table {

// Advice, one or two sentences each; empty if there is nothing to say. Snapshots that were not loaded
// (TableMetadata::history_is_cut) are not counted.
std::vector<std::string> HistoryAdvice(const catalog::LoadedTable& table);

// Logs the advice once, and again each time the history has doubled. Not thread-safe.
class HistoryWatch {
 public:
  void Look(const std::string& table_name, const catalog::LoadedTable& table);

 private:
  size_t told_at_ = 0;
};

}  // namespace frazil::table
