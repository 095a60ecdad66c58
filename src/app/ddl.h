// Tables as SQL statements, as Spark spells them.
#pragma once

#include <string>
#include <vector>

#include "catalog/catalog.h"
#include "iceberg/table_metadata.h"

namespace frazil::app {

// Types that Spark has no word for stand as Iceberg's own, with a comment that says so.
std::string CreateTableStatement(const catalog::TableIdent& ident, const iceberg::TableMetadata& table);

// What makes one of the other: columns, types, partition fields, order. Empty where they are the same.
std::vector<std::string> AlterTableStatements(const catalog::TableIdent& ident, const iceberg::TableMetadata& before,
                                              const iceberg::TableMetadata& after);

}  // namespace frazil::app
