// An Iceberg table as a Hive table object: columns, location, and some properties beside the pointer.
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

// The Hive type for `type`, as text (reference: HiveSchemaUtil): "struct<a:int,b:array<string>>".
std::string HiveType(const iceberg::Type& type);

// The table object for a new table. `location` is its metadata file.
wire::Table MakeHiveTable(const TableIdent& ident, const std::string& location, const iceberg::TableMetadata& metadata,
                          int64_t now_ms);

// Updates `table` so that it shows `metadata`, which is the content of `location`. Other parameters stay. Properties of
// the Iceberg table are shown too, except Frazil's own and those that are too long for a metastore.
void Show(const iceberg::TableMetadata& metadata, const std::string& location, wire::Table& table);

// The location of the current metadata file. kCorrupt or kUnsupported if it is not an Iceberg table, but a Hive table
// or a view.
Result<std::string> MetadataLocationOf(const wire::Table& table);

}  // namespace frazil::catalog::hive
