// Checks which names the columns of one table may have together, by the rules of other implementations.
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

// The reason why a table cannot have a column.
struct NameClash {
  std::string column;  // the column's full name
  std::string why;     // follows "column …:" in a message
};

// The names of a table's columns and partition fields. The reference implementation and PyIceberg keep one index of
// columns by full name, in which dots join the levels (a list's "element" and a map's "key" and "value" are levels
// too). They cannot load a table in which two columns have the same full name. They also cannot load a table with a
// partition field and a column of the same name, unless the column is the field's source. Adding a column is cheap. Not
// thread-safe.
class ColumnNames {
 public:
  ColumnNames() = default;
  // Begins with the partition fields of all specs of a table, and no columns. With `schema`, fields whose source column
  // is gone are known: another engine may have added a column with the name of such a field. We add no such column.
  ColumnNames(const std::vector<PartitionSpecPtr>& specs, const Schema& schema);

  // Reserves the name of a partition field that is not an identity of a column.
  void Reserve(const std::string& partition_field) { partition_fields_.emplace(partition_field, kNoColumn); }

  // Adds an existing column of the table, with everything below it. `above` is the full name of the struct, list or map
  // that contains it; empty at the root. On a clash nothing is added.
  std::optional<NameClash> Take(const std::string& above, const Field& field);
  // Adds a new column. It must have a name. At the root it must not have the name of an Iceberg metadata column: Spark
  // and Trino cannot read tables with such a column.
  std::optional<NameClash> TakeNew(const std::string& above, const Field& field);
  // Undoes Take or TakeNew.
  void GiveBack(const std::string& above, const Field& field);

 private:
  static constexpr int32_t kNoColumn = -1;
  static constexpr int32_t kGone = -2;
  std::optional<NameClash> Take(const std::string& above, const Field& field, bool is_new);

  std::unordered_set<std::string> columns_;               // full names of the columns
  std::multimap<std::string, int32_t> partition_fields_;  // name → source id
};

// Pairs of full names that differ only in upper and lower case. A table may have them, but engines that ignore case
// (Spark and Trino by default, DuckDB) cannot tell such columns apart.
std::vector<std::pair<std::string, std::string>> CaseTwins(const Schema& schema);

// True if `name` is the name of an Iceberg metadata column, such as "_file".
bool IsReservedName(std::string_view name);

}  // namespace frazil::iceberg
