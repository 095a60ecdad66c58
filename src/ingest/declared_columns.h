// Columns that a sink's options name: what they were called before, and which were declared once and are no longer.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/result.h"
#include "iceberg/schema_update.h"
#include "iceberg/table_metadata.h"
#include "ingest/options.h"
#include "table/table.h"

namespace frazil::ingest {

// What `rename:` asks of a table that has not got the new names yet. kInvalidArgument where a column is there under
// both names.
struct WantedRenames {
  std::vector<iceberg::ColumnRename> renames;
  std::vector<std::string> notes;  // of those that name no column, in words
};
Result<WantedRenames> RenamesFor(const iceberg::Schema& schema, const SinkOptions& options);

// Columns that `schema:` had when the pipeline started the last time, and has no longer; with schema_evolution: full
// and a `schema:` alone. Only those: what records brought, or others made, is nobody's to drop. The table keeps which
// were declared, by their ids, in a property of each pipeline; what another pipeline declares stays.
struct WantedDrops {
  std::vector<int32_t> drops;      // not what is below one of them
  std::vector<std::string> notes;  // of those that stay, in words
};
WantedDrops DropsFor(const iceberg::TableMetadata& table, const SinkOptions& options);

// Has the table keep what is declared now.
Status KeepDeclared(const SinkOptions& options, table::Table& table);

}  // namespace frazil::ingest
