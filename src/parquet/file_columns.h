// The columns of a Parquet file, and the table columns that they belong to (spec, "Column Projection").
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "iceberg/name_mapping.h"
#include "iceberg/schema.h"

namespace parquet {
class SchemaDescriptor;
}

namespace frazil::parquet {

// A leaf column.
struct FileColumn {
  int index = 0;                    // among the file's leaf columns
  std::optional<int32_t> field_id;  // nullopt: it belongs to no column of the table
  std::string name;                 // "a.b", "list.element": the name in the file
  bool repeated = false;            // inside a list or map
  bool required = false;            // it cannot contain nulls
};

struct FileColumns {
  bool have_ids = false;  // some column has a field id; if none has, the name mapping gave the ids
  std::vector<FileColumn> plain;
  std::set<int32_t> ids;                // the ids of all columns, with those of structs, lists and maps
  std::vector<std::string> without_id;  // columns without an id, although others have one
  std::vector<std::string> twice;       // columns whose id another column has, too

  const FileColumn* Find(int32_t field_id) const;
};
FileColumns ColumnsOf(const ::parquet::SchemaDescriptor& schema, const iceberg::NameMapping* mapping);

// Reasons why a reader of the table cannot read this file, one sentence each: missing or duplicate ids, types that the
// table's column does not have and never had, missing required columns. `told_by_partition` holds columns that the file
// may lack, because its partition contains their value.
std::vector<std::string> WhatHindersReaders(const ::parquet::SchemaDescriptor& file, const FileColumns& columns,
                                            const iceberg::Schema& schema, const std::set<int32_t>& told_by_partition);

}  // namespace frazil::parquet
