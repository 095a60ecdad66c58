// A folder of this machine in which files come and go, and which may turn out to be another one.
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

// A folder at `path`, which is remembered by its file system and inode from when it was first seen. When a mount goes
// away, its path leads to nothing, or to an empty folder below the mount point: what is put there, nobody sees once the
// mount is back. So a folder that was seen is never made anew, nor taken for another. Where the same files have come
// back with another device number, as NFS and tmpfs give them, a file known to be in it tells. The same goes for the
// folders in it ("data", "metadata"), each of which may be a mount point itself.
//
// Thread-safe.
class LocalFolder {
 public:
  // Without `root` links are followed on the way to it. Else it lies below that, by `path`, and links between them are
  // not followed; nor are they below it.
  explicit LocalFolder(const std::string& path, std::shared_ptr<LocalFolder> root = nullptr);

  const std::string& path() const { return path_; }

  // A folder in it by its relative path ("" is the folder itself), open for what goes on in it. kIo where this is not
  // the folder it was, or a link is in the way; kNotFound where a folder below is missing. With `make`, what is missing
  // below is made; and so is the folder, if it has never been there.
  Result<Descriptor> Open(std::string_view below, bool make);

  // Such a file is in it: it tells the folder from another one.
  void Remember(std::string_view file);
  // The size of a regular file in it, looked up afresh.
  Result<int64_t> SizeOf(std::string_view file);

 private:
  struct Identity {
    dev_t device;
    ino_t inode;
    bool operator==(const Identity&) const = default;
  };
  // A folder in it that may have a file system of its own.
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
  std::mutex mutex_;  // of what follows
  std::optional<Identity> identity_;
  std::string witness_;
  std::map<std::string, Part> parts_;
};

// "a/b" of "a/b/c", "" of "c"; and the last name.
std::string_view ParentOf(std::string_view file);
std::string_view NameOf(std::string_view file);
// "c/d" of the path "/a/b/c/d" below the folder "/a/b".
std::string_view PathBelow(std::string_view folder, std::string_view path);

}  // namespace frazil::io
