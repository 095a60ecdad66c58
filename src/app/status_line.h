// The last line of a terminal, rewritten in place below the log. The log and the error messages also go through it, so
// that they and the status line do not tear each other. Thread-safe.
#pragma once

#include <atomic>
#include <mutex>
#include <string>
#include <string_view>

namespace frazil::app {

class StatusLine {
 public:
  explicit StatusLine(int fd) : fd_(fd) {}

  // True if `fd` is a terminal that can rewrite a line.
  bool possible() const;
  int Columns() const;

  // Shows `text` in place of what was shown. `text` must fit into the line. Shows nothing while the process is in the
  // background, for example after the shell's `bg`.
  void Show(const std::string& text);
  void Clear();
  // Writes `lines`, which must end with a line break. The status line stays below them.
  void WriteAbove(std::string_view lines);
  // Clears the line, for a signal handler that writes to the terminal itself or ends the process. Async-signal-safe.
  void EraseInSignal() const;

 private:
  void Write(std::string_view bytes) const;

  const int fd_;
  std::mutex mutex_;
  std::string text_;                // what is shown; empty if nothing is
  std::atomic<bool> shown_{false};  // for signal handlers
};

// The status line of stderr.
StatusLine& StderrLine();

}  // namespace frazil::app
