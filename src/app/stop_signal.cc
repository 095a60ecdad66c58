#include "app/stop_signal.h"

#include <unistd.h>

#include <atomic>
#include <string_view>

#include "app/status_line.h"

namespace frazil::app {
namespace {

std::atomic<StopFlag*> current{nullptr};
static_assert(std::atomic<StopFlag*>::is_always_lock_free, "a signal handler may touch lock-free atomics only");

// Only async-signal-safe calls.
void OnSignal(int signal) {
  StderrLine().EraseInSignal();
  StopFlag* flag = current.load();
  if (flag == nullptr || flag->IsSet()) _exit(128 + signal);
  flag->Set();
  constexpr std::string_view kNote = "Stopping: committing what is in hand; once more to leave at once.\n";
  [[maybe_unused]] const auto written = write(STDERR_FILENO, kNote.data(), kNote.size());
}

}  // namespace

StopSignal::StopSignal() {
  StderrLine();  // made before a signal may ask for it
  current.store(&flag_);
  struct sigaction action {};
  sigemptyset(&action.sa_mask);
  action.sa_flags = SA_RESTART;
  action.sa_handler = OnSignal;
  sigaction(SIGTERM, &action, &old_term_);
  sigaction(SIGINT, &action, &old_int_);
  action.sa_handler = SIG_IGN;
  sigaction(SIGPIPE, &action, &old_pipe_);
}

StopSignal::~StopSignal() {
  sigaction(SIGTERM, &old_term_, nullptr);
  sigaction(SIGINT, &old_int_, nullptr);
  sigaction(SIGPIPE, &old_pipe_, nullptr);
  current.store(nullptr);
}

}  // namespace frazil::app
