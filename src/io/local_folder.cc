#include "io/local_folder.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <utility>

#include "common/log.h"

namespace frazil::io {
namespace {

namespace fs = std::filesystem;

// Flags for a directory on the way to another: O_PATH does not need read permission.
constexpr int kPass = O_PATH | O_DIRECTORY | O_CLOEXEC;

constexpr std::string_view kAnother = "is another one than it was, without the files that were in it";

// The error of one step down. ENOTDIR may mean a file or a symbolic link; this tells them apart.
tl::unexpected<Error> FailStep(int error, int at, const std::string& name, const fs::path& path) {
  struct stat info {};
  const bool is_link = ::fstatat(at, name.c_str(), &info, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(info.st_mode);
  if (!is_link) return FailErrno(error, "cannot open directory", path);
  return Fail(ErrorKind::kIo,
              "{} is a link, and what a table says of its files is never written or deleted through links. Name the "
              "place that it leads to in the catalog's local_folders, and have the table say that one",
              path.string());
}

Descriptor Again(int fd) { return Descriptor(::fcntl(fd, F_DUPFD_CLOEXEC, 0)); }

// Creates `directory` and its missing parents. Each new directory entry is synced: otherwise a power cut could remove a
// directory together with the files in it.
Status MakeDirectories(const fs::path& directory) {
  if (directory.empty() || ::access(directory.c_str(), F_OK) == 0) return {};
  FRAZIL_RETURN_IF_ERROR(MakeDirectories(directory.parent_path()));
  if (::mkdir(directory.c_str(), 0777) != 0 && errno != EEXIST) {
    return FailErrno(errno, "cannot create directory", directory);
  }
  const Descriptor parent(::open(directory.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (parent.get() < 0) return FailErrno(errno, "cannot open directory", directory.parent_path());
  return SyncDirectory(parent.get(), directory.parent_path());
}

// Opens the directory `below`, relative to `at`, whose path is `path`. Follows no symbolic link. With `make`, creates
// missing directories.
Result<Descriptor> Descend(Descriptor at, fs::path path, std::string_view below, bool make) {
  while (!below.empty()) {
    const std::string name(below.substr(0, below.find('/')));
    below.remove_prefix(std::min(name.size() + 1, below.size()));
    if (name.empty()) continue;
    if (name == "." || name == "..") {
      return Fail(ErrorKind::kInvalidArgument, "cannot go to '{}' from {}", name, path.string());
    }
    path /= name;
    Descriptor next(::openat(at.get(), name.c_str(), kPass | O_NOFOLLOW));
    if (next.get() < 0 && errno == ENOENT && make) {
      if (::mkdirat(at.get(), name.c_str(), 0777) != 0 && errno != EEXIST) {
        return FailErrno(errno, "cannot create directory", path);
      }
      const Descriptor readable(::openat(at.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
      if (readable.get() < 0) return FailErrno(errno, "cannot open directory", path.parent_path());
      FRAZIL_RETURN_IF_ERROR(SyncDirectory(readable.get(), path.parent_path()));
      next = Descriptor(::openat(at.get(), name.c_str(), kPass | O_NOFOLLOW));
    }
    if (next.get() < 0) return FailStep(errno, at.get(), name, path);
    at = std::move(next);
  }
  return at;
}

Result<int64_t> SizeAt(int folder, std::string_view file, const std::string& path) {
  struct stat info {};
  if (::fstatat(folder, std::string(file).c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0) {
    return FailErrno(errno, "cannot look at", path);
  }
  if (!S_ISREG(info.st_mode)) return Fail(ErrorKind::kCorrupt, "{} is no regular file", path);
  return static_cast<int64_t>(info.st_size);
}

}  // namespace

std::string_view ParentOf(std::string_view file) {
  const auto slash = file.rfind('/');
  return slash == std::string_view::npos ? std::string_view() : file.substr(0, slash);
}

std::string_view PathBelow(std::string_view folder, std::string_view path) {
  path.remove_prefix(folder.size());
  while (path.starts_with('/')) path.remove_prefix(1);
  return path;
}

std::string_view NameOf(std::string_view file) { return file.substr(file.rfind('/') + 1); }

LocalFolder::LocalFolder(const std::string& path, std::shared_ptr<LocalFolder> root)
    : path_(path), root_(std::move(root)) {
  struct stat info {};
  if (::stat(path.c_str(), &info) == 0) identity_ = {info.st_dev, info.st_ino};
}

Result<Descriptor> LocalFolder::Reach(bool make) const {
  if (root_) {
    FRAZIL_ASSIGN_OR_RETURN(Descriptor root, root_->OpenSelf(make));
    return Descend(std::move(root), root_->path_, PathBelow(root_->path_, path_), make);
  }
  if (make) FRAZIL_RETURN_IF_ERROR(MakeDirectories(path_));
  Descriptor self(::open(path_.c_str(), kPass));
  if (self.get() < 0) return FailErrno(errno, "cannot open directory", path_);
  return self;
}

bool LocalFolder::Has(int self, const std::string& witness) const {
  if (witness.empty()) return false;
  const auto folder = Descend(Again(self), path_, ParentOf(witness), /*make=*/false);
  return folder && SizeAt(folder->get(), NameOf(witness), witness);
}

tl::unexpected<Error> LocalFolder::Gone(const std::string& path, std::string_view what) const {
  return Fail(
      ErrorKind::kIo,
      "folder {} {}. Has its file system been unmounted? Mount it again; nothing is written there before. Where this "
      "is right, start Frazil anew",
      path, what);
}

Status LocalFolder::CheckPart(const std::string& name, int part, int self) {
  struct stat info {};
  if (::fstat(part, &info) != 0) return FailErrno(errno, "cannot look at", path_ + "/" + name);
  const Identity now{info.st_dev, info.st_ino};
  std::lock_guard lock(mutex_);
  Part& known = parts_.try_emplace(name, Part{now, {}}).first->second;
  if (known.identity != now && !Has(self, known.witness)) return Gone(path_ + "/" + name, kAnother);
  known.identity = now;
  return {};
}

Result<Descriptor> LocalFolder::OpenSelf(bool make) {
  std::lock_guard lock(mutex_);
  auto self = Reach(make && !identity_);
  if (!self) {
    if (identity_ && self.error().kind == ErrorKind::kNotFound) return Gone(path_, "is not there any more");
    return self;
  }
  struct stat info {};
  if (::fstat(self->get(), &info) != 0) return FailErrno(errno, "cannot look at", path_);
  const Identity now{info.st_dev, info.st_ino};
  if (identity_ && now != *identity_) {
    if (!Has(self->get(), witness_)) return Gone(path_, kAnother);
    log::info("folder {} is on another file system than before, with the files that were in it", path_);
  }
  identity_ = now;
  return self;
}

Result<Descriptor> LocalFolder::Open(std::string_view below, bool make) {
  FRAZIL_ASSIGN_OR_RETURN(Descriptor self, OpenSelf(make));
  const std::string part(below.substr(0, below.find('/')));
  FRAZIL_ASSIGN_OR_RETURN(Descriptor found, Descend(Again(self.get()), path_, part, make));
  if (!part.empty()) {
    FRAZIL_RETURN_IF_ERROR(CheckPart(part, found.get(), self.get()));
    FRAZIL_ASSIGN_OR_RETURN(found, Descend(std::move(found), path_ + "/" + part, below.substr(part.size()), make));
  }
  // A descriptor with O_RDONLY, because an O_PATH descriptor cannot be synced.
  Descriptor readable(::openat(found.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (readable.get() < 0) return FailErrno(errno, "cannot open directory", (fs::path(path_) / below).string());
  return readable;
}

void LocalFolder::Remember(std::string_view file) {
  {
    std::lock_guard lock(mutex_);
    witness_ = file;
    if (const auto slash = file.find('/'); slash != std::string_view::npos) {
      if (const auto part = parts_.find(std::string(file.substr(0, slash))); part != parts_.end()) {
        part->second.witness = file;
      }
    }
  }
  if (root_) root_->Remember(fmt::format("{}/{}", PathBelow(root_->path_, path_), file));
}

Result<int64_t> LocalFolder::SizeOf(std::string_view file) {
  FRAZIL_ASSIGN_OR_RETURN(const Descriptor folder, Open(ParentOf(file), /*make=*/false));
  return SizeAt(folder.get(), NameOf(file), path_ + "/" + std::string(file));
}

}  // namespace frazil::io
