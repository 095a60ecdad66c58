// Where tables live. A catalog takes updates with requirements and knows nothing of manifests.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "common/result.h"
#include "iceberg/table_metadata.h"
#include "iceberg/table_update.h"
#include "io/file_io.h"

namespace frazil::catalog {

using Namespace = std::vector<std::string>;  // levels

struct TableIdent {
  Namespace ns;
  std::string name;
  std::string ToString() const;  // "a.b.name"
  bool operator==(const TableIdent&) const = default;
};
Namespace ParseNamespace(const std::string& dotted);
Result<TableIdent> ParseTableIdent(const std::string& dotted);  // the last part is the table
// kInvalidArgument where a name would lead elsewhere as a part of a path: empty, ".", "..", with "/" or control signs
// in it, or longer than the 255 bytes that file systems take.
Status CheckNames(const Namespace& ns);
Status CheckNames(const TableIdent& ident);

struct LoadedTable {
  iceberg::TableMetadataPtr metadata;
  std::string metadata_location;   // may be empty where a catalog does not tell
  std::shared_ptr<io::FileIo> io;  // with the credentials this catalog vends for the table
};

// What a catalog can and cannot do, where that decides how others work with it. Declared, so that nobody need know
// which catalog it is.
struct Traits {
  // What a commit sets stays as it was sent: table properties, tags, summaries. Where not, only a try tells.
  bool keeps_what_it_takes = false;
};

// Thread-safe. "Failed to connect to catalog at URL" begins the error when it cannot be reached (kUnavailable).
class Catalog {
 public:
  virtual ~Catalog() = default;
  virtual std::string Describe() const = 0;  // for messages: "REST catalog at http://…", no secrets
  virtual Traits traits() const { return {}; }

  virtual Result<std::vector<Namespace>> ListNamespaces() = 0;
  virtual Status CreateNamespace(const Namespace& ns) = 0;  // kAlreadyExists if it is there
  virtual Result<bool> NamespaceExists(const Namespace& ns) = 0;
  virtual Result<std::vector<TableIdent>> ListTables(const Namespace& ns) = 0;

  // `table.location` empty: the catalog chooses. Ids in `table` are reassigned: use those of the result.
  // kAlreadyExists if the table is there, kNotFound if the namespace is not.
  virtual Result<LoadedTable> CreateTable(const TableIdent& ident, const iceberg::NewTable& table) = 0;
  virtual Result<LoadedTable> LoadTable(const TableIdent& ident) = 0;  // kNotFound if absent
  // The same, but a catalog may leave out what takes long to tell: snapshots that no ref points at
  // (metadata->history_is_cut then). One that shows the current snapshot alone, whatever it is asked for, says so in
  // metadata->shows_head_alone.
  virtual Result<LoadedTable> LoadHeads(const TableIdent& ident) { return LoadTable(ident); }
  // The catalog forgets the table; its files stay. kNotFound if absent.
  virtual Status DropTable(const TableIdent& ident) = 0;

  // One atomic change. Exactly one request goes out on the wire: this never retries.
  // kCommitConflict: a requirement did not hold. kCommitUnknown: it may have been applied; the caller reloads and
  // looks for its snapshot id. `idempotency_key` is passed on where the catalog offers it. The result shows properties,
  // refs, schemas and specs as the catalog has them now, of the snapshots perhaps the heads alone, as LoadHeads; a
  // snapshot that the request adds and does not tag may be shown as it was sent.
  virtual Result<LoadedTable> Commit(const TableIdent& ident,
                                     const std::vector<iceberg::TableRequirement>& requirements,
                                     const std::vector<iceberg::TableUpdate>& updates,
                                     const std::string& idempotency_key) = 0;
};

}  // namespace frazil::catalog
