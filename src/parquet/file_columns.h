// The columns of a Parquet file, and which of a table's columns they are (spec, "Column Projection").
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

// A plain column.
struct FileColumn {
  int index = 0;                    // among the file's
  std::optional<int32_t> field_id;  // none: it is no column of the table
  std::string name;                 // "a.b", "list.element", as in the file
  bool repeated = false;            // in a list or map
  bool required = false;            // no value of it can be null
};

struct FileColumns {
  bool have_ids = false;  // any of them says its field id; else a name mapping told, if there is one
  std::vector<FileColumn> plain;
  std::set<int32_t> ids;                // of structs, lists and maps too
  std::vector<std::string> without_id;  // names of those that have none where others have
  std::vector<std::string> twice;       // names of those whose id another has

  const FileColumn* Find(int32_t field_id) const;
};
FileColumns ColumnsOf(const ::parquet::SchemaDescriptor& schema, const iceberg::NameMapping* mapping);

// What keeps readers from the columns of a file, a sentence each: ids that are missing, or there twice, types that are
// not the table's and were never, required columns that are not there. `told_by_partition`: columns whose value the
// file's partition tells, so that the file may lack them.
std::vector<std::string> WhatHindersReaders(const ::parquet::SchemaDescriptor& file, const FileColumns& columns,
                                            const iceberg::Schema& schema, const std::set<int32_t>& told_by_partition);

}  // namespace frazil::parquet
