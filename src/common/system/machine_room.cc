#include "common/system/machine_room.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <latch>
#include <vector>

#include "common/system/thread.h"

namespace frazil {
namespace {

Status HasThreads(int wanted, std::string_view purpose) {
  std::latch all_asked(1);
  std::vector<std::thread> threads;
  Status status;
  while (status && static_cast<int>(threads.size()) < wanted) {
    auto thread = StartThread(purpose, [&] { all_asked.wait(); });
    if (thread) {
      threads.push_back(*std::move(thread));
    } else {
      status = Fail(ErrorKind::kUnavailable, "{} needs {} threads, and there are {}: {}", purpose, wanted,
                    threads.size(), thread.error().message);
    }
  }
  all_asked.count_down();
  for (std::thread& thread : threads) thread.join();
  return status;
}

Status HasDescriptors(int wanted, std::string_view purpose) {
  std::vector<int> taken;
  while (static_cast<int>(taken.size()) < wanted) {
    const int one = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (one < 0) break;
    taken.push_back(one);
  }
  for (const int one : taken) close(one);
  if (static_cast<int>(taken.size()) == wanted) return {};
  return Fail(
      ErrorKind::kUnavailable,
      "{} needs {} file descriptors, and there are {}: let the process have more (ulimit -n, LimitNOFILE of its "
      "unit)",
      purpose, wanted, taken.size());
}

}  // namespace

Status HasRoomFor(const MachineRoom& wanted, std::string_view purpose) {
  return OrThrown(purpose, [&]() -> Status {
    FRAZIL_RETURN_IF_ERROR(HasThreads(wanted.threads, purpose));
    return HasDescriptors(wanted.descriptors, purpose);
  });
}

void RaiseDescriptorLimit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= limit.rlim_max) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace frazil
