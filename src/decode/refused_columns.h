// New columns that a catalog did not take.
#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "iceberg/schema_update.h"

namespace frazil::decode {

// What each catalog asks of names beyond the format's rules only it can tell: a record that wants what it refused
// before is bad without asking again. Not thread-safe.
class RefusedColumns {
 public:
  // `columns`: all that one record wanted.
  void Add(const std::vector<iceberg::ColumnAddition>& columns, std::string reason);
  // Why the catalog would not take them; nullptr if that is not known.
  const std::string* Find(const std::vector<iceberg::ColumnAddition>& columns) const;

  bool empty() const { return reasons_.empty(); }

 private:
  std::unordered_map<std::string, std::string> reasons_;  // by the text of the columns
};

}  // namespace frazil::decode
