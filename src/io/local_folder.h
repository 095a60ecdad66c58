// A local folder that notices when another folder has taken its place, as when a mount goes away.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "common/result.h"
#include "io/posix.h"

namespace frazil::io {

// A folder, remembered by device and inode from when it was first seen. When a mount goes away, its path leads to
// nothing, or to an empty folder below the mount point. Files written there would be invisible once the mount is back.
// So a folder that was seen before is never created anew, and another folder at its path is an error. NFS and tmpfs may
// bring the same folder back with another device number; then a file that is known to be in it (the witness) identifies
// it. The same checks apply to the folders directly inside ("data", "metadata"), because each may be a mount point of
// its own.
//
// Thread-safe.
class LocalFolder {
 public:
  // Without `root`, symbolic links in `path` are followed. With `root`, `path` must lie below the root, and links
  // between the root and this folder are not followed. Links below this folder are never followed.
  explicit LocalFolder(const std::string& path, std::shared_ptr<LocalFolder> root = nullptr);

  const std::string& path() const { return path_; }

  // Opens the folder `below`, a relative path ("" is this folder itself), and returns its descriptor. kIo if this is no
  // longer the folder that was seen first, or if a link is in the way. kNotFound if a folder is missing. With `make`,
  // missing folders below are created; this folder itself is created only if it was never seen.
  Result<Descriptor> Open(std::string_view below, bool make);

  // Names a file that is in the folder. It becomes the witness, which identifies the folder.
  void Remember(std::string_view file);
  // The size in bytes of a regular file in the folder. The file system is asked each time.
  Result<int64_t> SizeOf(std::string_view file);

 private:
  struct Identity {
    dev_t device;
    ino_t inode;
    bool operator==(const Identity&) const = default;
  };
  // A folder directly inside, which may be on a file system of its own.
  struct Part {
    Identity identity;
    std::string witness;
  };
  Result<Descriptor> OpenSelf(bool make);
  Result<Descriptor> Reach(bool make) const;
  bool Has(int self, const std::string& witness) const;
  Status CheckPart(const std::string& name, int part, int self);
  tl::unexpected<Error> Gone(const std::string& path, std::string_view what) const;

  const std::string path_;
  const std::shared_ptr<LocalFolder> root_;
  std::mutex mutex_;  // guards the members below
  std::optional<Identity> identity_;
  std::string witness_;
  std::map<std::string, Part> parts_;
};

// ParentOf("a/b/c") is "a/b", ParentOf("c") is "". NameOf("a/b/c") is "c".
std::string_view ParentOf(std::string_view file);
std::string_view NameOf(std::string_view file);
// PathBelow("/a/b", "/a/b/c/d") is "c/d".
std::string_view PathBelow(std::string_view folder, std::string_view path);

}  // namespace frazil::io
