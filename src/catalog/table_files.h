// Decides where the tables of a catalog may have their files.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "common/result.h"
#include "iceberg/table_metadata.h"
#include "io/confined_file_io.h"
#include "io/file_io.h"

namespace frazil::catalog {

// What the user allows the tables of a catalog to do with files.
struct FileRules {
  std::vector<std::string> local_folders;  // local folders, besides the warehouse, in which tables may be
  bool operator==(const FileRules&) const = default;
};

// A table's metadata says where its files go: its location, write.data.path and write.metadata.path. All its files are
// written and deleted below these, and never through a symbolic link. In an object store, the credentials limit where
// that may be. On this machine, a folder is allowed in two cases. It is below the warehouse (if that is a local folder)
// or below a folder in the rules. Or the catalog shows that it writes there itself: the table's metadata file can be
// read below the folder, and says the same about the table. Without this check, a remote catalog could make us write
// anywhere.
//
// Thread-safe. One object serves a catalog over all loads of its tables: it remembers the file systems of folders.
class TableFiles {
 public:
  TableFiles(const std::string& warehouse, const FileRules& rules);

  // The FileIo for a table with this metadata. `below` does the reading and writing. An empty `metadata_location` means
  // a new table.
  std::shared_ptr<io::FileIo> Of(const iceberg::TableMetadata& metadata, const std::string& metadata_location,
                                 const std::shared_ptr<io::FileIo>& below);

 private:
  using Folder = std::shared_ptr<io::LocalFolder>;
  // What is known about one table.
  struct Known {
    std::map<std::string, Folder> folders;  // the allowed folders, by path
    std::vector<std::string> locations;     // the locations for which `files` was made
    std::shared_ptr<io::FileIo> below;
    std::shared_ptr<io::FileIo> files;
  };
  Folder RootOf(const std::string& path) const;
  io::Place PlaceOf(const std::string& location, const iceberg::TableMetadata& metadata,
                    const std::string& metadata_location, io::FileIo& below, Known& known) const;

  std::vector<Folder> roots_;
  std::mutex mutex_;
  std::map<std::string, Known> tables_;  // by table uuid
};

}  // namespace frazil::catalog
