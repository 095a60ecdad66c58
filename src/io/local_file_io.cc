#include "io/local_file_io.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <utility>

#include "common/random.h"
#include "io/location.h"

namespace frazil::io {
namespace {

namespace fs = std::filesystem;

tl::unexpected<Error> FailErrno(int error, std::string_view what, const std::string& path) {
  ErrorKind kind = ErrorKind::kIo;
  std::string_view advice;
  if (error == ENOENT || error == ENOTDIR) {
    kind = ErrorKind::kNotFound;
  } else if (error == EEXIST) {
    kind = ErrorKind::kAlreadyExists;
  } else if (error == EACCES || error == EPERM || error == EROFS) {
    kind = ErrorKind::kUnauthorized;
    advice = ". Let the user that runs this program read and write there, or choose another place";
  } else if (error == ENOSPC || error == EDQUOT) {
    advice = ". Make room on that disk";
  }
  return Fail(kind, "{} {}: {}{}", what, path, std::generic_category().message(error), advice);
}

// An open descriptor, closed at the end of its scope.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  int get() const { return fd_; }
  // Closes now and says how that went; 0 or an errno.
  int Close() { return ::close(std::exchange(fd_, -1)) == 0 ? 0 : errno; }

 private:
  int fd_;
};

Status SyncDirectory(const fs::path& directory) {
  Descriptor fd(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (fd.get() < 0) return FailErrno(errno, "cannot open directory", directory);
  // EINVAL: this file system has nothing to sync for a directory.
  if (::fsync(fd.get()) != 0 && errno != EINVAL) return FailErrno(errno, "cannot sync directory", directory);
  return {};
}

// Makes `directory` and what is missing above it; the entries made are synced, lest a power cut take a directory away
// with the files in it.
Status MakeDirectories(const fs::path& directory) {
  if (directory.empty() || ::access(directory.c_str(), F_OK) == 0) return {};
  FRAZIL_RETURN_IF_ERROR(MakeDirectories(directory.parent_path()));
  if (::mkdir(directory.c_str(), 0777) != 0 && errno != EEXIST) {
    return FailErrno(errno, "cannot create directory", directory);
  }
  return SyncDirectory(directory.parent_path());
}

class LocalOutputFile final : public OutputFile {
 public:
  enum class IfExists { kFail, kReplace };

  static Result<std::unique_ptr<OutputFile>> Create(const std::string& path, IfExists if_exists) {
    const fs::path target(path);
    FRAZIL_RETURN_IF_ERROR(MakeDirectories(target.parent_path()));
    // A leading dot: readers that list directories pass over what a killed process left behind.
    fs::path temporary = target.parent_path() / fmt::format(".{}.{}.tmp", target.filename().string(), RandomUuid());
    const int fd = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (fd < 0) return FailErrno(errno, "cannot create", temporary);
    return std::unique_ptr<OutputFile>(new LocalOutputFile(target, std::move(temporary), fd, if_exists));
  }

  ~LocalOutputFile() override {
    if (!renamed_) ::unlink(temporary_.c_str());
  }

  Status Write(std::string_view bytes) override {
    while (!bytes.empty()) {
      const ssize_t written = ::write(fd_.get(), bytes.data(), bytes.size());
      if (written < 0) {
        if (errno == EINTR) continue;
        return FailErrno(errno, "cannot write", target_);
      }
      bytes.remove_prefix(static_cast<size_t>(written));
      position_ += written;
    }
    return {};
  }

  Status Close() override {
    if (::fsync(fd_.get()) != 0) return FailErrno(errno, "cannot sync", target_);
    if (const int error = fd_.Close(); error != 0) return FailErrno(error, "cannot close", target_);
    FRAZIL_RETURN_IF_ERROR(Rename());
    return SyncDirectory(target_.parent_path());
  }

  int64_t position() const override { return position_; }

 private:
  LocalOutputFile(fs::path target, fs::path temporary, int fd, IfExists if_exists)
      : target_(std::move(target)), temporary_(std::move(temporary)), fd_(fd), if_exists_(if_exists) {}

  Status Rename() {
    if (if_exists_ == IfExists::kReplace) {
      if (::rename(temporary_.c_str(), target_.c_str()) != 0) return FailErrno(errno, "cannot rename to", target_);
      renamed_ = true;
      return {};
    }
    if (::renameat2(AT_FDCWD, temporary_.c_str(), AT_FDCWD, target_.c_str(), RENAME_NOREPLACE) == 0) {
      renamed_ = true;
      return {};
    }
    if (errno != EINVAL && errno != ENOSYS) return FailErrno(errno, "cannot create", target_);
    // This file system has no such rename; a hard link does not overwrite either. The temporary name goes at the end.
    if (::link(temporary_.c_str(), target_.c_str()) != 0) return FailErrno(errno, "cannot create", target_);
    return {};
  }

  fs::path target_;
  fs::path temporary_;
  Descriptor fd_;
  IfExists if_exists_;
  int64_t position_ = 0;
  bool renamed_ = false;
};

class LocalInputFile final : public InputFile {
 public:
  LocalInputFile(std::string path, int fd) : path_(std::move(path)), fd_(fd) {}

  Result<int64_t> Size() override {
    struct stat info {};
    if (::fstat(fd_.get(), &info) != 0) return FailErrno(errno, "cannot read the size of", path_);
    return static_cast<int64_t>(info.st_size);
  }

  Status ReadAt(int64_t offset, std::span<char> out) override {
    const int64_t begin = offset;
    const size_t wanted = out.size();
    while (!out.empty()) {
      const ssize_t got = ::pread(fd_.get(), out.data(), out.size(), offset);
      if (got < 0) {
        if (errno == EINTR) continue;
        return FailErrno(errno, "cannot read", path_);
      }
      if (got == 0) {
        return Fail(ErrorKind::kIo, "cannot read {}: it ends at {}, but {} bytes at {} were asked for", path_, offset,
                    wanted, begin);
      }
      out = out.subspan(static_cast<size_t>(got));
      offset += got;
    }
    return {};
  }

 private:
  std::string path_;
  Descriptor fd_;
};

}  // namespace

Result<std::unique_ptr<OutputFile>> LocalFileIo::Create(const std::string& location) {
  FRAZIL_ASSIGN_OR_RETURN(const std::string path, LocalPathOf(location));
  return LocalOutputFile::Create(path, LocalOutputFile::IfExists::kFail);
}

Result<std::unique_ptr<InputFile>> LocalFileIo::Open(const std::string& location) {
  FRAZIL_ASSIGN_OR_RETURN(std::string path, LocalPathOf(location));
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return FailErrno(errno, "cannot open", path);
  return std::make_unique<LocalInputFile>(std::move(path), fd);
}

Result<bool> LocalFileIo::Exists(const std::string& location) {
  FRAZIL_ASSIGN_OR_RETURN(const std::string path, LocalPathOf(location));
  struct stat info {};
  if (::stat(path.c_str(), &info) == 0) return S_ISREG(info.st_mode);
  if (errno == ENOENT || errno == ENOTDIR) return false;
  return FailErrno(errno, "cannot look at", path);
}

Status LocalFileIo::Delete(const std::string& location) {
  FRAZIL_ASSIGN_OR_RETURN(const std::string path, LocalPathOf(location));
  if (::unlink(path.c_str()) != 0 && errno != ENOENT && errno != ENOTDIR) {
    return FailErrno(errno, "cannot delete", path);
  }
  return {};
}

Status LocalFileIo::Replace(const std::string& location, std::string_view bytes) {
  FRAZIL_ASSIGN_OR_RETURN(const std::string path, LocalPathOf(location));
  FRAZIL_ASSIGN_OR_RETURN(auto file, LocalOutputFile::Create(path, LocalOutputFile::IfExists::kReplace));
  FRAZIL_RETURN_IF_ERROR(file->Write(bytes));
  return file->Close();
}

}  // namespace frazil::io
