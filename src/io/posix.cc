#include "io/posix.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace frazil::io {

std::string_view KindOfFile(unsigned mode) {
  if (S_ISDIR(mode)) return "a directory";
  if (S_ISFIFO(mode)) return "a pipe (FIFO)";
  if (S_ISSOCK(mode)) return "a socket";
  return "a device";
}

tl::unexpected<Error> FailErrno(int error) {
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
  } else if (error == EFBIG) {
    advice = ". The process may write no larger files: raise its limit (ulimit -f, LimitFSIZE= of systemd)";
  }
  return Fail(kind, "{}{}", std::generic_category().message(error), advice);
}

tl::unexpected<Error> FailErrno(int error, std::string_view what, const std::string& path) {
  return Wrap(FailErrno(error).value(), fmt::format("{} {}", what, path));
}

Result<Descriptor> OpenRegularFile(const std::string& path) {
  Descriptor fd(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  if (fd.get() < 0) return FailErrno(errno);
  struct stat info {};
  if (::fstat(fd.get(), &info) != 0) return FailErrno(errno);
  if (!S_ISREG(info.st_mode)) {
    return Fail(ErrorKind::kCorrupt, "it is not a regular file but {}", KindOfFile(info.st_mode));
  }
  return fd;
}

Status SyncDirectory(int fd, const std::string& path) {
  // EINVAL: this file system has nothing to sync for a directory.
  if (::fsync(fd) != 0 && errno != EINVAL) return FailErrno(errno, "cannot sync directory", path);
  return {};
}

}  // namespace frazil::io
