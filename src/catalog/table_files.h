// Where a catalog's tables may have their files.
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

// What the user lets the tables of a catalog do with files.
struct FileRules {
  std::vector<std::string> local_folders;  // of this machine, in which tables may lie beside the warehouse
  bool operator==(const FileRules&) const = default;
};

// A table says itself where its files go: its location, write.data.path, write.metadata.path. All of its files are
// written and deleted below these, and through no link. In an object store the credentials say where that may be. On
// this machine it is below the warehouse, where that is a folder, or below a folder that the rules name; or where the
// catalog shows that it writes itself: the table's metadata file, as we can read it there, says of the same table that
// it lies there. What a remote catalog names otherwise would make us write anywhere.
//
// Thread-safe. One for each catalog, which outlives loads: it remembers which file systems folders were on.
class TableFiles {
 public:
  TableFiles(const std::string& warehouse, const FileRules& rules);

  // The files of a table as its metadata stands, of which `below` knows how to reach them.
  std::shared_ptr<io::FileIo> Of(const iceberg::TableMetadata& metadata, const std::string& metadata_location,
                                 const std::shared_ptr<io::FileIo>& below);

 private:
  using Folder = std::shared_ptr<io::LocalFolder>;
  // Of one table.
  struct Known {
    std::map<std::string, Folder> folders;  // by path: those that are admitted
    std::vector<std::string> locations;     // what the last one was made of
    std::shared_ptr<io::FileIo> below;
    std::shared_ptr<io::FileIo> files;
  };
  Folder RootOf(const std::string& path) const;
  io::Place PlaceOf(const std::string& location, const iceberg::TableMetadata& metadata,
                    const std::string& metadata_location, io::FileIo& below, Known& known) const;

  std::vector<Folder> roots_;
  std::mutex mutex_;
  std::map<std::string, Known> tables_;  // by uuid
};

}  // namespace frazil::catalog
