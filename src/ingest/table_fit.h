// Compares an existing table with a sink's options: what a run would change in the table, and what it would refuse.
#pragma once

#include <string>
#include <vector>

#include "common/result.h"
#include "iceberg/schema_update.h"
#include "iceberg/table_metadata.h"
#include "ingest/options.h"

namespace frazil::ingest {

struct TableFit {
  // What the table's schema lacks for declared and metadata columns; with schema_evolution: full also columns that are
  // to be renamed, and those that `schema:` had and has no longer.
  iceberg::SchemaChange change;
  bool new_spec = false;           // the options ask for another default spec than the table has
  bool new_order = false;          // and for another sort order
  iceberg::TableMetadata after;    // the table with all that, as far as it can be told beforehand
  iceberg::SchemaPtr before;       // the table's schema without it
  std::vector<std::string> notes;  // what of the options has no effect on the table, and why
};

// Changes nothing. Returns an error that says what does not fit: a schema that other engines cannot load, the format
// version, types, required and missing columns, partition fields, or a table for which no row could be written.
Result<TableFit> FitTable(const iceberg::TableMetadata& table, const SinkOptions& options);

// Each change in words, as they go behind "table a.b: ".
std::vector<std::string> Describe(const iceberg::SchemaChange& change, const iceberg::Schema& before);
std::vector<std::string> Describe(const TableFit& fit);

// The partition fields of the default spec whose columns other engines have dropped. Their value is null in new files,
// as for void.
std::vector<std::string> FieldsWithoutColumn(const iceberg::TableMetadata& table);

// The names that the options' partition fields will get and that no column may have. (A column may share a name only
// with its own identity field.)
std::vector<std::string> PartitionFieldNames(const SinkOptions& options);

// The sort fields that the options demand, for `schema`.
Result<std::vector<iceberg::SortField>> SortFieldsFor(const SinkOptions& options, const iceberg::Schema& schema);

// The partition fields that the options demand, for `schema`. Field ids are not set.
Result<std::vector<iceberg::PartitionField>> PartitionFieldsFor(const SinkOptions& options,
                                                                const iceberg::Schema& schema);

}  // namespace frazil::ingest
