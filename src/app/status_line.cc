#include "app/status_line.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

namespace frazil::app {
namespace {

constexpr std::string_view kErase = "\r\x1b[K";  // go to the beginning of the line, then erase to its end
constexpr int kUsualColumns = 80;
static_assert(std::atomic<bool>::is_always_lock_free, "a signal handler may touch lock-free atomics only");

}  // namespace

bool StatusLine::possible() const {
  const char* terminal = std::getenv("TERM");
  return isatty(fd_) == 1 && terminal != nullptr && *terminal != '\0' && std::string_view(terminal) != "dumb";
}

int StatusLine::Columns() const {
  winsize size{};
  return ioctl(fd_, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : kUsualColumns;
}

void StatusLine::Show(const std::string& text) {
  const pid_t foreground = tcgetpgrp(fd_);  // -1 where this process has no terminal of its own
  const std::lock_guard lock(mutex_);
  if (foreground != -1 && foreground != getpgrp()) {
    text_.clear();
    shown_ = false;
    return;
  }
  text_ = text;
  shown_ = true;
  Write(std::string(kErase) + text_);
}

void StatusLine::Clear() {
  const std::lock_guard lock(mutex_);
  if (text_.empty()) return;
  text_.clear();
  shown_ = false;
  Write(kErase);
}

void StatusLine::WriteAbove(std::string_view lines) {
  const std::lock_guard lock(mutex_);
  if (text_.empty()) return Write(lines);
  std::string bytes(kErase);
  bytes += lines;
  Write(bytes += text_);
}

void StatusLine::EraseInSignal() const {
  if (!shown_) return;
  [[maybe_unused]] const auto written = write(fd_, kErase.data(), kErase.size());
}

// Writes in one call if the system takes it so. Errors are ignored: a log that cannot be written is no reason to stop.
void StatusLine::Write(std::string_view bytes) const {
  while (!bytes.empty()) {
    const ssize_t written = write(fd_, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return;
    bytes.remove_prefix(static_cast<size_t>(written));
  }
}

StatusLine& StderrLine() {
  static StatusLine line(STDERR_FILENO);
  return line;
}

}  // namespace frazil::app
