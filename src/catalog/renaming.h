// Catalogs that can give a table another name.
#pragma once

#include "catalog/catalog.h"
#include "common/result.h"

namespace frazil::catalog {

// A trait of a Catalog, for those that have it. Thread-safe.
class Renaming {
 public:
  virtual ~Renaming() = default;
  // The table is called `to` from now on, perhaps in another namespace; its files stay where they are. kNotFound if
  // `from`, or the namespace of `to`, is absent, kAlreadyExists if `to` is there. kCommitUnknown: it may have been
  // done. kUnsupported: not by the server behind this catalog.
  virtual Status RenameTable(const TableIdent& from, const TableIdent& to) = 0;
};

}  // namespace frazil::catalog
