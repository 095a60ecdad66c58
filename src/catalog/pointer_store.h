// The interface of the place in which a pointer catalog stores, for each table, the location of its current metadata
// file.
#pragma once

#include <string>
#include <vector>

#include "catalog/catalog.h"

namespace frazil::catalog {

struct Pointer {
  std::string location;  // the location of the current metadata file
  // What the store needs back in a change, to know that nothing came in between (Glue's VersionId, for example). Only
  // the store reads it. Empty if the store compares locations only.
  std::string version;
  bool operator==(const Pointer&) const = default;
};

// Thread-safe. Nothing here is retried. If a request was sent and failed, the error says what is known of its outcome.
class PointerStore {
 public:
  virtual ~PointerStore() = default;
  virtual std::string Describe() const = 0;

  virtual Result<std::vector<Namespace>> ListNamespaces() = 0;
  virtual Status CreateNamespace(const Namespace& ns) = 0;  // kAlreadyExists if it exists
  virtual Result<bool> NamespaceExists(const Namespace& ns) = 0;
  virtual Result<std::vector<std::string>> ListTables(const Namespace& ns) = 0;

  // The folder of a new table without a given location. Empty: <warehouse>/<namespace>/<table>, as in JdbcCatalog.
  virtual Result<std::string> NewTableLocation(const TableIdent& /*ident*/) { return std::string(); }

  // kNotFound if the table does not exist.
  virtual Result<Pointer> Get(const TableIdent& ident) = 0;  // kNotFound
  // Adds a table. `metadata` is the content of `location`, for stores that show columns or properties beside the
  // pointer. kAlreadyExists if the table exists. kCommitUnknown: it may have been added. Any other error: it was not
  // added.
  virtual Status Insert(const TableIdent& ident, const std::string& location,
                        const iceberg::TableMetadata& metadata) = 0;
  // Replaces the pointer `from`, which Get returned, by `to`. `metadata` is the content of `to`. kCommitConflict: the
  // pointer is not `from` any more. kCommitUnknown: it may have been replaced. Any other error: it was not replaced.
  virtual Status Swap(const TableIdent& ident, const Pointer& from, const std::string& to,
                      const iceberg::TableMetadata& metadata) = 0;
  virtual Status Remove(const TableIdent& ident) = 0;  // kNotFound
  // The pointer goes from one name to another, whose namespace is there. kNotFound, kAlreadyExists. kCommitUnknown: it
  // may have gone. Any other error: it has not.
  virtual Status Rename(const TableIdent& from, const TableIdent& to) = 0;
};

}  // namespace frazil::catalog
