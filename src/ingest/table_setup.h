// Opens the table that a pipeline feeds, or creates it: the schema comes from `schema:` and a sample, the partition
// spec from the configuration.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "catalog/catalog.h"
#include "common/result.h"
#include "iceberg/table_update.h"
#include "ingest/options.h"
#include "source/log.h"
#include "table/table.h"

namespace frazil::ingest {

// Of each stream from `from` on, as many records as a table's columns are told from.
Result<std::vector<record::RecordBatch>> SampleForSchema(source::Log& source, const source::Positions& from);

// The table that would be made: its columns from `schema:` and the sample. None if neither has any. kInvalidArgument
// where the records of the sample tell no column.
Result<std::optional<iceberg::NewTable>> DescribeNewTable(const SinkOptions& options,
                                                          const std::vector<record::RecordBatch>& sample);

// Returns null if the table does not exist and there is no record yet from which to derive its columns. An existing
// table is adapted to the options: declared and metadata columns are added (if schema_evolution allows), and its spec
// is changed if the configuration has one (table_fit.h). Errors say what does not fit.
Result<std::shared_ptr<table::Table>> SetUpTable(const std::shared_ptr<catalog::Catalog>& catalog,
                                                 const SinkOptions& options, source::Log& source);

}  // namespace frazil::ingest
