// Changes of a table's columns that its catalog did not take.
#pragma once

#include <string>
#include <unordered_map>

#include "iceberg/schema_update.h"

namespace frazil::decode {

// Some catalogs have rules for names that only their answers reveal. A record that needs columns which were refused
// before is bad without another question. Not thread-safe.
class RefusedColumns {
 public:
  // `change`: all that one record wanted.
  void Add(const iceberg::SchemaChange& change, std::string reason);
  // Why the catalog would not take it; nullptr if that is not known.
  const std::string* Find(const iceberg::SchemaChange& change) const;

  bool empty() const { return reasons_.empty(); }

 private:
  std::unordered_map<std::string, std::string> reasons_;  // by the text of the change
};

}  // namespace frazil::decode
