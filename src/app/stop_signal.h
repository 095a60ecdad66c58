// How the program takes signals: to stop, and that whoever it writes to has gone.
#pragma once

#include <csignal>

#include "common/time/stop_flag.h"

namespace frazil::app {

// To be called once, before there is a second thread. SIGPIPE is ignored: a reader or a server that has gone is an
// error of the write, as libcurl and OpenSSL expect. SIGTERM and SIGINT end the process at once, unless a StopSignal
// lives, also where it is the first of a container: to that the system delivers no signal that it does not handle.
void SetUpSignals();

// SIGTERM and Ctrl-C of a long-running verb. While it lives the first of them sets the flag, and a second one ends the
// process at once with the exit code a shell gives for that signal (128 + its number). From the first one on the
// process has kLeaveWithinSecs to end, whatever it waits for: then it is ended, which is as safe as a kill at any other
// moment. One at a time.
class StopSignal {
 public:
  static constexpr unsigned kLeaveWithinSecs = 9;

  // `late_code`: what the process ends with where something does not end in time.
  explicit StopSignal(int late_code = 0);
  ~StopSignal();  // gives the signals back to whom they belonged; the time to leave goes on
  StopSignal(const StopSignal&) = delete;
  StopSignal& operator=(const StopSignal&) = delete;

  const StopFlag& flag() const { return flag_; }

 private:
  StopFlag flag_;
  struct sigaction old_term_ {};
  struct sigaction old_int_ {};
};

}  // namespace frazil::app
