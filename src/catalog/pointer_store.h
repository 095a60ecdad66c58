// What a pointer catalog leaves to its kind: the place that keeps, for each table, where its current metadata file is.
#pragma once

#include <string>
#include <vector>

#include "catalog/catalog.h"

namespace frazil::catalog {

struct Pointer {
  std::string location;  // of the current metadata file
  // What the store wants back with a change, to know that nothing came between: Glue's VersionId, say. Its own words,
  // which nobody else reads; empty where the location is all that it compares.
  std::string version;
  bool operator==(const Pointer&) const = default;
};

// Thread-safe. Nothing here is tried again: an error that comes after something was sent says what became of it.
class PointerStore {
 public:
  virtual ~PointerStore() = default;
  virtual std::string Describe() const = 0;

  virtual Result<std::vector<Namespace>> ListNamespaces() = 0;
  virtual Status CreateNamespace(const Namespace& ns) = 0;  // kAlreadyExists
  virtual Result<bool> NamespaceExists(const Namespace& ns) = 0;
  virtual Result<std::vector<std::string>> ListTables(const Namespace& ns) = 0;

  // The folder of a new table that was given none; empty: <warehouse>/<namespace>/<table>, as JdbcCatalog has it.
  virtual Result<std::string> NewTableLocation(const TableIdent& /*ident*/) { return std::string(); }

  virtual Result<Pointer> Get(const TableIdent& ident) = 0;  // kNotFound
  // `metadata` is what stands at `location`, for stores that show columns or properties beside the pointer.
  // kAlreadyExists. kCommitUnknown: it may have been inserted. Any other error: it was not.
  virtual Status Insert(const TableIdent& ident, const std::string& location,
                        const iceberg::TableMetadata& metadata) = 0;
  // `from` is what Get returned, `metadata` what stands at `to`. kCommitConflict: the pointer is not `from` (any more).
  // kCommitUnknown: it may have been moved. Any other error: it was not moved.
  virtual Status Swap(const TableIdent& ident, const Pointer& from, const std::string& to,
                      const iceberg::TableMetadata& metadata) = 0;
  virtual Status Remove(const TableIdent& ident) = 0;  // kNotFound
};

}  // namespace frazil::catalog
