#include "io/local_file_io.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <utility>

#include "common/random.h"
#include "io/location.h"
#include "io/posix.h"

namespace frazil::io {
namespace {

class LocalOutputFile final : public OutputFile {
 public:
  static Result<std::unique_ptr<OutputFile>> Create(std::shared_ptr<LocalFolder> folder, std::string_view file,
                                                    IfExists if_exists) {
    FRAZIL_ASSIGN_OR_RETURN(const Descriptor parent, folder->Open(ParentOf(file), /*make=*/true));
    // The name begins with a dot, so that readers that list the directory skip what a killed process left behind. It
    // does not contain the file's own name, which may already be as long as the file system allows.
    std::string temporary = fmt::format(".{}.tmp", RandomUuid());
    const int fd = ::openat(parent.get(), temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (fd < 0) return FailErrno(errno, "cannot create", fmt::format("{}/{}", folder->path(), file));
    return std::unique_ptr<OutputFile>(
        new LocalOutputFile(std::move(folder), std::string(file), std::move(temporary), fd, if_exists));
  }

  ~LocalOutputFile() override {
    if (renamed_) return;
    if (const auto parent = folder_->Open(ParentOf(file_), /*make=*/false)) {
      ::unlinkat(parent->get(), temporary_.c_str(), 0);
    }
  }

  Status Write(std::string_view bytes) override {
    while (!bytes.empty()) {
      const ssize_t written = ::write(fd_.get(), bytes.data(), bytes.size());
      if (written < 0) {
        if (errno == EINTR) continue;
        return FailErrno(errno, "cannot write", path());
      }
      bytes.remove_prefix(static_cast<size_t>(written));
      position_ += written;
    }
    return {};
  }

  Status Close() override {
    if (::fsync(fd_.get()) != 0) return FailErrno(errno, "cannot sync", path());
    if (const int error = fd_.Close(); error != 0) return FailErrno(error, "cannot close", path());
    // The directory is opened again: if its file system was unmounted meanwhile, readers would not find the file.
    FRAZIL_ASSIGN_OR_RETURN(const Descriptor parent, folder_->Open(ParentOf(file_), /*make=*/false));
    FRAZIL_RETURN_IF_ERROR(Rename(parent.get()));
    FRAZIL_RETURN_IF_ERROR(SyncDirectory(parent.get(), folder_->path()));
    folder_->Remember(file_);
    return {};
  }

  int64_t position() const override { return position_; }

 private:
  LocalOutputFile(std::shared_ptr<LocalFolder> folder, std::string file, std::string temporary, int fd,
                  IfExists if_exists)
      : folder_(std::move(folder)),
        file_(std::move(file)),
        temporary_(std::move(temporary)),
        fd_(fd),
        if_exists_(if_exists) {}

  std::string path() const { return fmt::format("{}/{}", folder_->path(), file_); }

  Status Rename(int parent) {
    const std::string name(NameOf(file_));
    if (if_exists_ == IfExists::kReplace) {
      if (::renameat(parent, temporary_.c_str(), parent, name.c_str()) != 0) {
        return FailErrno(errno, "cannot rename to", path());
      }
      renamed_ = true;
      return {};
    }
    if (::renameat2(parent, temporary_.c_str(), parent, name.c_str(), RENAME_NOREPLACE) == 0) {
      renamed_ = true;
      return {};
    }
    if (errno != EINVAL && errno != ENOSYS) return FailErrno(errno, "cannot create", path());
    // This file system does not support RENAME_NOREPLACE. A hard link does not overwrite either. The destructor removes
    // the temporary name.
    if (::linkat(parent, temporary_.c_str(), parent, name.c_str(), 0) != 0) {
      return FailErrno(errno, "cannot create", path());
    }
    return {};
  }

  const std::shared_ptr<LocalFolder> folder_;
  const std::string file_;       // below it
  const std::string temporary_;  // beside the file
  Descriptor fd_;
  const IfExists if_exists_;
  int64_t position_ = 0;
  bool renamed_ = false;
};

class LocalInputFile final : public InputFile {
 public:
  LocalInputFile(std::string path, Descriptor fd) : path_(std::move(path)), fd_(std::move(fd)) {}

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

// Splits a path into its folder and the file's name.
std::pair<std::shared_ptr<LocalFolder>, std::string> Split(const std::string& path) {
  const std::filesystem::path file(path);
  return {std::make_shared<LocalFolder>(file.parent_path().string()), file.filename().string()};
}

}  // namespace

Result<std::unique_ptr<OutputFile>> CreateLocalFile(std::shared_ptr<LocalFolder> folder, std::string_view file,
                                                    IfExists if_exists) {
  return LocalOutputFile::Create(std::move(folder), file, if_exists);
}

Status DeleteLocalFile(LocalFolder& folder, std::string_view file) {
  const auto parent = folder.Open(ParentOf(file), /*make=*/false);
  if (!parent) return parent.error().kind == ErrorKind::kNotFound ? Status() : tl::unexpected(parent.error());
  if (::unlinkat(parent->get(), std::string(NameOf(file)).c_str(), 0) != 0 && errno != ENOENT) {
    return FailErrno(errno, "cannot delete", fmt::format("{}/{}", folder.path(), file));
  }
  return {};
}

Result<std::unique_ptr<OutputFile>> LocalFileIo::Create(const std::string& location) {
  FRAZIL_ASSIGN_OR_RETURN(const std::string path, LocalPathOf(location));
  auto [folder, name] = Split(path);
  return CreateLocalFile(std::move(folder), name, IfExists::kFail);
}

Result<std::unique_ptr<InputFile>> LocalFileIo::Open(const std::string& location) {
  FRAZIL_ASSIGN_OR_RETURN(std::string path, LocalPathOf(location));
  auto fd = OpenRegularFile(path);
  if (!fd) return Wrap(fd.error(), "cannot open " + path);
  return std::make_unique<LocalInputFile>(std::move(path), *std::move(fd));
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
  auto [folder, name] = Split(path);
  return DeleteLocalFile(*folder, name);
}

Status LocalFileIo::Replace(const std::string& location, std::string_view bytes) {
  FRAZIL_ASSIGN_OR_RETURN(const std::string path, LocalPathOf(location));
  auto [folder, name] = Split(path);
  FRAZIL_ASSIGN_OR_RETURN(auto file, CreateLocalFile(std::move(folder), name, IfExists::kReplace));
  FRAZIL_RETURN_IF_ERROR(file->Write(bytes));
  return file->Close();
}

Status LocalFileIo::List(const std::string& folder, const ListedFiles& take) {
  namespace fs = std::filesystem;
  const std::string below = StripTrailingSlashes(folder);
  FRAZIL_ASSIGN_OR_RETURN(const std::string path, LocalPathOf(below));
  std::error_code error;
  fs::recursive_directory_iterator at(path, error);
  for (; !error && at != fs::recursive_directory_iterator(); at.increment(error)) {
    struct stat info {};
    if (::lstat(at->path().c_str(), &info) != 0 || !S_ISREG(info.st_mode)) continue;
    FRAZIL_RETURN_IF_ERROR(take({below + at->path().string().substr(path.size()), static_cast<int64_t>(info.st_size),
                                 info.st_mtim.tv_sec * 1000 + info.st_mtim.tv_nsec / 1'000'000}));
  }
  if (error && error != std::errc::no_such_file_or_directory) return FailErrno(error.value(), "cannot list", path);
  return {};
}

}  // namespace frazil::io
