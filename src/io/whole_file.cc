#include "io/whole_file.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "io/posix.h"

namespace frazil::io {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

// Waits until there are bytes to read, or every writer has closed the pipe. It also waits for the first writer to open
// the pipe.
Status WaitForBytes(int fd, steady_clock::time_point deadline) {
  const auto left = std::chrono::duration_cast<milliseconds>(deadline - steady_clock::now());
  pollfd watched{fd, POLLIN, 0};
  const int ready = left.count() <= 0 ? 0 : ::poll(&watched, 1, static_cast<int>(left.count()));
  if (ready < 0 && errno != EINTR) return FailErrno(errno);
  if (ready == 0) return Fail(ErrorKind::kIo, "it is a pipe (FIFO) that nobody ends");
  return {};
}

}  // namespace

Result<std::string> ReadWholeFile(const std::string& path, int64_t most_bytes, std::optional<milliseconds> patience) {
  struct stat info {};
  const bool is_pipe = patience && ::stat(path.c_str(), &info) == 0 && S_ISFIFO(info.st_mode);
  Descriptor fd;
  if (is_pipe) {
    fd = Descriptor(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
    if (fd.get() < 0) return FailErrno(errno);
  } else {
    FRAZIL_ASSIGN_OR_RETURN(fd, OpenRegularFile(path));
  }
  const auto deadline = steady_clock::now() + patience.value_or(milliseconds(0));
  std::string bytes;
  std::array<char, 1 << 16> buffer{};
  for (;;) {
    if (is_pipe) FRAZIL_RETURN_IF_ERROR(WaitForBytes(fd.get(), deadline));
    const ssize_t got = ::read(fd.get(), buffer.data(), buffer.size());
    if (got == 0) return bytes;
    if (got > 0) {
      bytes.append(buffer.data(), static_cast<size_t>(got));
      if (static_cast<int64_t>(bytes.size()) > most_bytes) {
        return Fail(ErrorKind::kCorrupt, "it is longer than {} KiB", most_bytes >> 10);
      }
      continue;
    }
    if (errno != EINTR && errno != EAGAIN) return FailErrno(errno);
  }
}

Status CheckIsFileOrDirectory(const std::string& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0 || S_ISREG(info.st_mode) || S_ISDIR(info.st_mode)) return {};
  return Fail(ErrorKind::kCorrupt, "{} is {}, where a file should be", path, KindOfFile(info.st_mode));
}

}  // namespace frazil::io
