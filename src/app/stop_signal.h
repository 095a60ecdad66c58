// SIGTERM and Ctrl-C of a long-running verb.
#pragma once

#include <csignal>

#include "common/stop_flag.h"

namespace frazil::app {

// While it lives: the first SIGTERM or SIGINT sets the flag, a second one ends the process at once with the exit code
// a shell gives for that signal (128 + its number), and SIGPIPE is ignored. One at a time.
class StopSignal {
 public:
  StopSignal();
  ~StopSignal();  // gives the signals back to whom they belonged
  StopSignal(const StopSignal&) = delete;
  StopSignal& operator=(const StopSignal&) = delete;

  const StopFlag& flag() const { return flag_; }

 private:
  StopFlag flag_;
  struct sigaction old_term_ {};
  struct sigaction old_int_ {};
  struct sigaction old_pipe_ {};
};

}  // namespace frazil::app
