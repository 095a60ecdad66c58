// Runs the same work for many items on several threads.
#pragma once

#include <cstddef>
#include <functional>

#include "common/result.h"

namespace frazil {

// Calls work(0) to work(count - 1), on the calling thread and up to `threads` - 1 others. Where the machine gives no
// more threads, fewer are used. Returns when all work has ended. An exception from `work` becomes an error (OrThrown).
// After the first error no new item starts, and that error is returned. The threads share the caller's StopScope.
Status ForEachInParallel(size_t count, size_t threads, const std::function<Status(size_t index)>& work);

}  // namespace frazil
