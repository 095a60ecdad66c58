// Threads, made in one place, and what their work throws.
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

// kUnavailable where the machine gives no more threads, with what limits them. `purpose`: "a thread for …". What `body`
// throws ends the process by name (app/crash.h): where that can be, it is OrThrown that runs the work.
Result<std::thread> StartThread(std::string_view purpose, std::function<void()> body);

// What `work`, which returns a Result, gives; or as an error what it throws. `doing`: "writing files". What the machine
// did not give (memory, a thread, a descriptor) is kUnavailable, since it may be there later; the rest kInternal.
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
