// Whether a table's history grows without end: what is loaded, and written anew with each commit, grows with it.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "catalog/catalog.h"

namespace frazil::table {

// What to do about it, a sentence or two each; empty where there is nothing to say. Snapshots that were not loaded
// (TableMetadata::history_is_cut) are not judged.
std::vector<std::string> HistoryAdvice(const catalog::LoadedTable& table);

// Logs that advice once, and again when the history has doubled. Not thread-safe.
class HistoryWatch {
 public:
  void Look(const std::string& table_name, const catalog::LoadedTable& table);

 private:
  size_t told_at_ = 0;
};

}  // namespace frazil::table
