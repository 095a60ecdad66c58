// Remembers new columns that the catalog has refused.
#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "iceberg/schema_update.h"

namespace frazil::decode {

// Some catalogs have rules for names that only their answers reveal. A record that needs columns which were refused
// before is bad without another question. Not thread-safe.
class RefusedColumns {
 public:
  // `columns` are all columns that one record needs.
  void Add(const std::vector<iceberg::ColumnAddition>& columns, std::string reason);
  // The reason why the catalog refused these columns; nullptr if it has not.
  const std::string* Find(const std::vector<iceberg::ColumnAddition>& columns) const;

  bool empty() const { return reasons_.empty(); }

 private:
  std::unordered_map<std::string, std::string> reasons_;  // by a text for the columns
};

}  // namespace frazil::decode
