// Which names the columns of one table can have together, as other implementations hold it.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

#include "iceberg/partition_spec.h"
#include "iceberg/schema.h"

namespace frazil::iceberg {

// Why a table cannot have a column.
struct NameClash {
  std::string column;  // its full name
  std::string why;     // goes behind "column …:"
};

// The names of a table's columns and of its partition fields. The reference and PyIceberg keep one index of columns by
// full name, dots between the levels (a list's "element", a map's "key" and "value" are levels too), and load no table
// in which two columns share one; nor one with a partition field and a column of one name, unless the column is the
// field's source. Cheap to grow by a column; not thread-safe.
class ColumnNames {
 public:
  ColumnNames() = default;
  // The partition fields of all of a table's specs, and no column yet. `schema` tells whose source column is gone: a
  // table may have another column of such a name by now, since not every engine minds, but gets no new one.
  ColumnNames(const std::vector<PartitionSpecPtr>& specs, const Schema& schema);

  // A partition field that is no column's identity is to have this name.
  void Reserve(const std::string& partition_field) { partition_fields_.emplace(partition_field, kNoColumn); }

  // Takes in a column that is in a table already, and all below it. `above`: the full name of the struct, list or map
  // that it is in, empty at the root. On a clash nothing is taken in.
  std::optional<NameClash> Take(const std::string& above, const Field& field);
  // The same for a column that is to be new. It must have a name, and at the root not the name of one of Iceberg's
  // metadata columns: Spark and Trino do not read tables that have such a column.
  std::optional<NameClash> TakeNew(const std::string& above, const Field& field);
  // Undoes one of these.
  void GiveBack(const std::string& above, const Field& field);

 private:
  static constexpr int32_t kNoColumn = -1;
  static constexpr int32_t kGone = -2;
  std::optional<NameClash> Take(const std::string& above, const Field& field, bool is_new);

  std::unordered_set<std::string> columns_;               // full names
  std::multimap<std::string, int32_t> partition_fields_;  // name to source id
};

// Full names that differ in upper and lower case alone, in pairs. Tables may have them; engines that fold names (Spark
// and Trino by default, DuckDB) cannot tell such columns apart.
std::vector<std::pair<std::string, std::string>> CaseTwins(const Schema& schema);

// Whether the name at a table's root is one of Iceberg's own metadata columns, as "_file".
bool IsReservedName(std::string_view name);

}  // namespace frazil::iceberg
