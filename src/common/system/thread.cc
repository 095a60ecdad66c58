#include "common/system/thread.h"

namespace frazil {

Result<std::thread> StartThread(std::string_view purpose, std::function<void()> body) {
  try {
    return std::thread(std::move(body));
  } catch (const std::system_error& error) {
    return Fail(ErrorKind::kUnavailable,
                "the machine gives no thread for {}: {}. Let the process have more threads (ulimit -u, TasksMax of its "
                "unit, the pids limit of its container) or more address space (ulimit -v)",
                purpose, error.code().message());
  } catch (const std::bad_alloc&) {
    return OutOfMemory(fmt::format("making a thread for {}", purpose));
  }
}

}  // namespace frazil
