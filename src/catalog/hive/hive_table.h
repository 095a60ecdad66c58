// An Iceberg table as Hive shows it: its columns, its place, and a few facts beside the pointer.
#pragma once

#include <cstdint>
#include <string>

#include "catalog/catalog.h"
#include "iceberg/table_metadata.h"
#include "iceberg/type.h"

namespace frazil::catalog::hive {

namespace wire {
class Table;
}

// Hive's text of the type that stands for `type` (reference: HiveSchemaUtil): "struct<a:int,b:array<string>>".
std::string HiveType(const iceberg::Type& type);

// The object of a new table.
wire::Table MakeHiveTable(const TableIdent& ident, const std::string& location, const iceberg::TableMetadata& metadata,
                          int64_t now_ms);

// Has `table` show `metadata`, which stands at `location`; what others put beside it stays. Properties of the Iceberg
// table are shown too, but for our own and those that metastores have no room for.
void Show(const iceberg::TableMetadata& metadata, const std::string& location, wire::Table& table);

// Where the current metadata is. kCorrupt, kUnsupported: it is a Hive table or a view, and no Iceberg table.
Result<std::string> MetadataLocationOf(const wire::Table& table);

}  // namespace frazil::catalog::hive
