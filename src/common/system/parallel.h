// The same work for many things on some threads.
#pragma once

#include <cstddef>
#include <functional>

#include "common/result.h"

namespace frazil {

// Calls `work` for each number below `count`, at most `threads` of them at a time, and fewer where the machine gives no
// more. What it throws is its error. After the first error, which is
// returned, nothing more is begun.
Status ForEachInParallel(size_t count, size_t threads, const std::function<Status(size_t index)>& work);

}  // namespace frazil
