// The last line of a terminal, rewritten in place below what is logged. All that the program writes to stderr goes
// through here, so that neither tears the other. Thread-safe.
#pragma once

#include <atomic>
#include <mutex>
#include <string>
#include <string_view>

namespace frazil::app {

class StatusLine {
 public:
  explicit StatusLine(int fd) : fd_(fd) {}

  // True where `fd` is a terminal that can rewrite a line.
  bool possible() const;
  int Columns() const;

  // Shows `text` in place of what was shown. It must fit into the line. Nothing is shown while the terminal belongs to
  // another process, as after the shell's `bg`.
  void Show(const std::string& text);
  void Clear();
  // Writes whole lines; the status line stays below them.
  void WriteAbove(std::string_view lines);
  // Makes the line empty, for a signal handler that writes itself or ends the process. Async-signal-safe.
  void EraseInSignal() const;

 private:
  void Write(std::string_view bytes) const;

  const int fd_;
  std::mutex mutex_;
  std::string text_;                // what is shown; empty: nothing
  std::atomic<bool> shown_{false};  // for signal handlers
};

// That of stderr.
StatusLine& StderrLine();

}  // namespace frazil::app
