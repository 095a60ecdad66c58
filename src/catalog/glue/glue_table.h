// An Iceberg table as an object of AWS Glue.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "catalog/catalog.h"
#include "catalog/pointer_store.h"
#include "iceberg/table_metadata.h"
#include "iceberg/type.h"

namespace frazil::catalog::glue {

// True if Glue's object `table` is an Iceberg table.
bool IsIceberg(const nlohmann::json& table);

// The metadata location and the VersionId of Glue's object `table`. Returns kUnsupported if it is no Iceberg table or
// has no VersionId, without which commits cannot detect other writers; kCorrupt if it has no metadata location.
Result<Pointer> PointerOf(const nlohmann::json& table, const TableIdent& ident);

// The TableInput of a table whose `metadata` is at `location` (reference: IcebergToGlueConverter). It shows the columns
// of the current and of older schemas. `before` is Glue's current object, or null; its other parameters, its column
// comments, description and owner are kept. Iceberg's table properties are not shown. Columns and comments that exceed
// Glue's limits are left out.
nlohmann::json TableInputOf(const std::string& name, const std::string& location,
                            const iceberg::TableMetadata& metadata, const nlohmann::json& before);

// "struct<a:int,b:array<string>>"
std::string GlueType(const iceberg::Type& type);

}  // namespace frazil::catalog::glue
