// The interface of an Iceberg catalog. A catalog applies updates to a table if requirements hold. It knows nothing
// about manifests.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "common/result.h"
#include "iceberg/table_metadata.h"
#include "iceberg/table_update.h"
#include "io/file_io.h"

namespace frazil::catalog {

using Namespace = std::vector<std::string>;  // the levels of the name

struct TableIdent {
  Namespace ns;
  std::string name;
  std::string ToString() const;  // "a.b.name"
  bool operator==(const TableIdent&) const = default;
};
Namespace ParseNamespace(const std::string& dotted);
Result<TableIdent> ParseTableIdent(const std::string& dotted);  // the last part is the table's name
// kInvalidArgument if a name is unsafe as a part of a path: empty, ".", "..", longer than 255 bytes (the limit of file
// systems), or with '/' or control characters.
Status CheckNames(const Namespace& ns);
Status CheckNames(const TableIdent& ident);

struct LoadedTable {
  iceberg::TableMetadataPtr metadata;
  std::string metadata_location;   // may be empty if the catalog does not say
  std::shared_ptr<io::FileIo> io;  // uses the credentials that the catalog vends for the table
};

// Properties of a catalog that other code must know, so that it need not know which catalog it is.
struct Traits {
  // True if the catalog keeps everything that a commit sets (table properties, tags, summaries) unchanged. If false,
  // only a try tells.
  bool keeps_what_it_takes = false;
};

// Thread-safe. If the catalog cannot be reached, the error is kUnavailable and begins with "Failed to connect to
// catalog at URL".
class Catalog {
 public:
  virtual ~Catalog() = default;
  virtual std::string Describe() const = 0;  // for messages, without secrets: "REST catalog at http://…"
  virtual Traits traits() const { return {}; }

  virtual Result<std::vector<Namespace>> ListNamespaces() = 0;
  virtual Status CreateNamespace(const Namespace& ns) = 0;  // kAlreadyExists if it exists
  virtual Result<bool> NamespaceExists(const Namespace& ns) = 0;
  virtual Result<std::vector<TableIdent>> ListTables(const Namespace& ns) = 0;

  // Creates a table. If `table.location` is empty, the catalog chooses one. The catalog assigns new ids to the fields:
  // use the ids in the result. kAlreadyExists if the table exists; kNotFound if the namespace does not.
  virtual Result<LoadedTable> CreateTable(const TableIdent& ident, const iceberg::NewTable& table) = 0;
  virtual Result<LoadedTable> LoadTable(const TableIdent& ident) = 0;  // kNotFound if it does not exist
  // Like LoadTable, but the catalog may leave out snapshots to which no ref points, because loading them takes long;
  // then metadata->history_is_cut is true. If a catalog always shows only the current snapshot,
  // metadata->shows_head_alone is true.
  virtual Result<LoadedTable> LoadHeads(const TableIdent& ident) { return LoadTable(ident); }
  // Removes the table from the catalog. Its files stay. kNotFound if it does not exist.
  virtual Status DropTable(const TableIdent& ident) = 0;

  // Applies `updates` atomically. Sends exactly one request, and never retries.
  //
  // kCommitConflict: a requirement did not hold. kCommitUnknown: the change may have been applied; the caller must
  // reload the table and look for its snapshot id. `idempotency_key` is sent if the catalog supports it.
  //
  // The result shows properties, refs, schemas and specs as the catalog has them now. Of the snapshots it may show only
  // the heads, as LoadHeads does. A snapshot that the request adds without tagging it may be shown as it was sent.
  virtual Result<LoadedTable> Commit(const TableIdent& ident,
                                     const std::vector<iceberg::TableRequirement>& requirements,
                                     const std::vector<iceberg::TableUpdate>& updates,
                                     const std::string& idempotency_key) = 0;
};

}  // namespace frazil::catalog
