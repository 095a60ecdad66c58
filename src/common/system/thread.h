// Starting threads, and turning exceptions into errors.
#pragma once

#include <exception>
#include <functional>
#include <new>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>

#include "common/result.h"
#include "common/system/out_of_memory.h"

namespace frazil {

// Starts a thread that runs `body`. kUnavailable if the machine gives no more threads; the message names the limits to
// raise. `purpose` completes "no thread for …". An exception that leaves `body` ends the process (app/crash.h), so wrap
// work that may throw in OrThrown.
Result<std::thread> StartThread(std::string_view purpose, std::function<void()> body);

// Calls `work`, which returns a Result or Status, and returns what it returns. An exception becomes an error whose
// message begins with `doing` ("writing files"). If the machine lacked memory, a thread or a descriptor
// (std::bad_alloc, std::system_error), the kind is kUnavailable, because it may be there later. Any other exception is
// kInternal.
template <class Work>
auto OrThrown(std::string_view doing, Work&& work) -> decltype(work()) {
  try {
    return std::forward<Work>(work)();
  } catch (const std::bad_alloc&) {
    return OutOfMemory(doing);
  } catch (const std::system_error& error) {
    return Fail(ErrorKind::kUnavailable, "{}: {}", doing, error.what());
  } catch (const std::exception& error) {
    return Fail(ErrorKind::kInternal, "{}: {}", doing, error.what());
  }
}

}  // namespace frazil
