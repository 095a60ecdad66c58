// Changes of a table that add no snapshot.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "common/result.h"
#include "iceberg/table_update.h"
#include "table/table.h"

namespace frazil::table {

struct TableRequest {
  std::vector<iceberg::TableUpdate> updates;                 // none: nothing is left to do
  std::vector<iceberg::TableRequirement> requirements = {};  // beside those of the updates (iceberg::RequirementsFor)
};
using MakeRequest = std::function<Result<TableRequest>(const catalog::LoadedTable& base)>;

// Asks for what `make` says of a fresh load, and again as long as that meets conflicts or the answer is lost: whatever
// became of the last try, `make` finds on the new base that nothing is left to do. Returns what the catalog replied, or
// the table as it was loaded where nothing was left. "could not WHAT of table …" begins the error.
Result<catalog::LoadedTable> ChangeTable(Table& table, const std::string& what, Table::History history,
                                         const MakeRequest& make);

}  // namespace frazil::table
