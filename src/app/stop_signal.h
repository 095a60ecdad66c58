// How the program handles SIGTERM, SIGINT and SIGPIPE.
#pragma once

#include <csignal>

#include "common/time/stop_flag.h"

namespace frazil::app {

// Call it once, before there is a second thread. It makes the process ignore SIGPIPE, so that a write to a reader or a
// server that has gone returns an error, as libcurl and OpenSSL expect. While no StopSignal lives, SIGTERM and SIGINT
// end the process at once. That holds also for process 1 of a container, for which the kernel drops every signal that
// has no handler.
void SetUpSignals();

// SIGTERM and SIGINT (Ctrl-C) of a long-running verb. While a StopSignal lives, the first signal sets the flag. A
// second one ends the process at once, with the exit code that a shell gives for the signal (128 + its number). From
// the first signal on the process has kLeaveWithinSecs seconds to end; then it is ended, whatever it waits for. That is
// as safe as a kill at any other moment. At most one StopSignal may live at a time.
class StopSignal {
 public:
  static constexpr unsigned kLeaveWithinSecs = 9;

  // `late_code`: the exit code if the process does not end in time.
  explicit StopSignal(int late_code = 0);
  ~StopSignal();  // restores the earlier handlers; the time limit stays in force
  StopSignal(const StopSignal&) = delete;
  StopSignal& operator=(const StopSignal&) = delete;

  const StopFlag& flag() const { return flag_; }

 private:
  StopFlag flag_;
  struct sigaction old_term_ {};
  struct sigaction old_int_ {};
};

}  // namespace frazil::app
