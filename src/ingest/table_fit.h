// How an existing table and a sink's options fit: what a run would change on the table, and what it would refuse.
#pragma once

#include <string>
#include <vector>

#include "common/result.h"
#include "iceberg/schema_update.h"
#include "iceberg/table_metadata.h"
#include "ingest/options.h"

namespace frazil::ingest {

struct TableFit {
  iceberg::SchemaChange change;  // what the table's schema lacks for declared and metadata columns
  bool new_spec = false;         // the options ask for another default spec than the table has
  bool new_order = false;        // and for another sort order
  iceberg::TableMetadata after;  // the table with all that, as far as it can be told beforehand
};

// Changes nothing. The error says what does not fit: a schema that other engines do not load, format version, types,
// required and missing columns, partition fields, what no row could be written for.
Result<TableFit> FitTable(const iceberg::TableMetadata& table, const SinkOptions& options);

// Each change in words, as they go behind "table a.b: ".
std::string Describe(const iceberg::ColumnAddition& column, const iceberg::Schema& schema);
std::vector<std::string> Describe(const TableFit& fit);

// The partition fields of the default spec whose columns other engines have dropped. No row has a value there: they are
// null in new files, as void would make them.
std::vector<std::string> FieldsWithoutColumn(const iceberg::TableMetadata& table);

// The names that the options' partition fields will have and that no column can: a column may not share the name of one
// that is not its identity.
std::vector<std::string> PartitionFieldNames(const SinkOptions& options);

// The sort fields the options ask for, over `schema`.
Result<std::vector<iceberg::SortField>> SortFieldsFor(const SinkOptions& options, const iceberg::Schema& schema);

// The partition fields the options ask for, over `schema`; field ids are not set.
Result<std::vector<iceberg::PartitionField>> PartitionFieldsFor(const SinkOptions& options,
                                                                const iceberg::Schema& schema);

}  // namespace frazil::ingest
