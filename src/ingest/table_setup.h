// Opens the table a pipeline feeds, or makes it: schema from `schema:` and a sample, partition spec from the config.
#pragma once

#include <memory>

#include "catalog/catalog.h"
#include "common/result.h"
#include "ingest/options.h"
#include "source/log.h"
#include "table/table.h"

namespace frazil::ingest {

// Null if the table does not exist and there is no record yet to tell its columns from. An existing table is brought
// in line with the options: declared and metadata columns are added (schema_evolution allowing), its spec is evolved
// where the config names one (table_fit.h). Errors say what does not fit.
Result<std::shared_ptr<table::Table>> SetUpTable(const std::shared_ptr<catalog::Catalog>& catalog,
                                                 const SinkOptions& options, source::Log& source);

}  // namespace frazil::ingest
