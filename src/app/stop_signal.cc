#include "app/stop_signal.h"

#include <unistd.h>

#include <atomic>
#include <string_view>

#include "app/status_line.h"

namespace frazil::app {
namespace {

std::atomic<StopFlag*> current{nullptr};
std::atomic<int> late_exit{0};
static_assert(std::atomic<StopFlag*>::is_always_lock_free, "a signal handler may touch lock-free atomics only");

// Async-signal-safe.
void Say(std::string_view note) {
  StderrLine().EraseInSignal();
  [[maybe_unused]] const auto written = write(STDERR_FILENO, note.data(), note.size());
}

// Only async-signal-safe calls.
void OnLate(int) {
  Say("Left: something that was waited for did not end in time. What is committed is safe, and the next start goes on "
      "from there.\n");
  _exit(late_exit.load());
}

// Only async-signal-safe calls.
void OnSignal(int signal) {
  StopFlag* flag = current.load();
  if (flag == nullptr || flag->IsSet()) {
    StderrLine().EraseInSignal();
    _exit(128 + signal);
  }
  flag->Set();
  alarm(StopSignal::kLeaveWithinSecs);
  Say("Stopping: committing what is in hand; once more to leave at once.\n");
}

void Handle(int signal, void (*handler)(int), struct sigaction* old) {
  struct sigaction action {};
  sigemptyset(&action.sa_mask);
  action.sa_flags = SA_RESTART;
  action.sa_handler = handler;
  sigaction(signal, &action, old);
}

}  // namespace

void SetUpSignals() {
  StderrLine();  // constructed before a signal handler can use it
  Handle(SIGPIPE, SIG_IGN, nullptr);
  for (const int signal : {SIGTERM, SIGINT}) {
    struct sigaction present {};
    // A signal that the parent process made us ignore stays ignored, for example in the background of a shell.
    if (sigaction(signal, nullptr, &present) == 0 && present.sa_handler == SIG_DFL) Handle(signal, OnSignal, nullptr);
  }
}

StopSignal::StopSignal(int late_code) {
  late_exit.store(late_code);
  StderrLine();
  current.store(&flag_);
  Handle(SIGALRM, OnLate, nullptr);
  Handle(SIGTERM, OnSignal, &old_term_);
  Handle(SIGINT, OnSignal, &old_int_);
}

StopSignal::~StopSignal() {
  sigaction(SIGTERM, &old_term_, nullptr);
  sigaction(SIGINT, &old_int_, nullptr);
  current.store(nullptr);
}

}  // namespace frazil::app
