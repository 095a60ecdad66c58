// Names of namespaces and tables in a Hive Metastore and in AWS Glue. Both store names in lower case, and two spellings
// of one table must not look like two tables.
#pragma once

#include <cstddef>
#include <string_view>

#include "catalog/catalog.h"

namespace frazil::catalog {

struct DatabaseNames {
  std::string_view server;  // for messages: "a Hive Metastore"
  size_t longest_database = 255;
  size_t longest_table = 255;

  // Returns kInvalidArgument if the server cannot have the name.
  Status Check(const Namespace& ns) const;
  Status Check(const TableIdent& ident) const;
};

}  // namespace frazil::catalog
