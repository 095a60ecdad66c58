#include "app/crash.h"

#include <cxxabi.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <exception>
#include <new>
#include <string_view>
#include <system_error>
#include <typeinfo>

namespace frazil::app {
namespace {

struct Crash {
  int signal;
  std::string_view name;
};
constexpr Crash kCrashes[] = {
    {SIGSEGV, "SIGSEGV"}, {SIGBUS, "SIGBUS"}, {SIGFPE, "SIGFPE"}, {SIGILL, "SIGILL"}, {SIGABRT, "SIGABRT"}};

// Async-signal-safe.
void Write(std::string_view text) { (void)!::write(STDERR_FILENO, text.data(), text.size()); }

void OnCrash(int signal) {
  Write("\nfrazil " FRAZIL_VERSION " crashed (");
  for (const auto& crash : kCrashes) {
    if (crash.signal == signal) Write(crash.name);
  }
  Write(
      "). What was committed is safe, and the next start goes on from there. This is a bug: please report it to the "
      "project with this line and the log before it; docs/security.md tells how to have a core dump.\n");
  // The handler was installed for one call only, so this signal ends the process as if there were no handler.
  ::raise(signal);
}

constexpr int kWithoutMeans = 1;

// Ends the process where no code could turn the failure into an error, for example in a thread of a library. The
// program is not at fault, so this is neither a crash nor a core dump. Safe to call at any moment.
[[noreturn]] void LeaveWithout(std::string_view what) {
  Write("\nError: ");
  Write(what);
  Write(
      ". What was committed is safe, and the next start goes on from there. Let the process have more, or let it want "
      "less by memory_limit_mb and lanes\n");
  ::_exit(kWithoutMeans);
}

// Prints only the type of the exception: its message may repeat data that was being read.
[[noreturn]] void OnTerminate() {
  const std::type_info* type = abi::__cxa_current_exception_type();
  if (type != nullptr && (*type == typeid(std::bad_alloc) || *type == typeid(std::bad_array_new_length))) {
    LeaveWithout("there is no memory left (ulimit -v, or the limit of a container)");
  }
  if (type != nullptr && *type == typeid(std::system_error)) {
    LeaveWithout(
        "the machine gives no more threads or descriptors (ulimit -u, ulimit -n, or the limits of a container)");
  }
  Write("\nfrazil: nobody caught an exception");
  if (type != nullptr) {
    Write(" of type ");
    Write(type->name());
  }
  std::abort();
}

// If cores are piped to a handler (systemd-coredump, apport), the kernel ignores a limit of 0, but not a limit of 1: it
// takes 1 as the mark of a handler that itself crashed (core(5)). A limit of 1 byte is too small for a core file as
// well. PR_SET_DUMPABLE would also lock debuggers and readers of /proc out, and this does not.
void ForbidCoreDumps() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_CORE, &limit) != 0) return;
  limit.rlim_cur = std::min<rlim_t>(1, limit.rlim_max);
  (void)::setrlimit(RLIMIT_CORE, &limit);
}

}  // namespace

void SetUpCrashes() {
  const char* wanted = std::getenv(kCoreDumps);
  if (wanted == nullptr || std::string_view(wanted).empty() || std::string_view(wanted) == "0") ForbidCoreDumps();
  std::set_terminate(OnTerminate);
  // Then a write beyond the file size limit of the process fails with EFBIG, instead of killing the process silently.
  (void)std::signal(SIGXFSZ, SIG_IGN);
  for (const auto& crash : kCrashes) {
    struct sigaction present {};
    if (::sigaction(crash.signal, nullptr, &present) != 0 || present.sa_handler != SIG_DFL) continue;
    struct sigaction action {};
    action.sa_handler = OnCrash;
    action.sa_flags = SA_RESETHAND | SA_NODEFER;
    ::sigaction(crash.signal, &action, nullptr);
  }
}

}  // namespace frazil::app
