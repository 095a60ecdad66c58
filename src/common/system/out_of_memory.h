// This process's own want of memory, told apart from what is wrong with its input: no record, file or answer is judged
// by it. Whoever hears of it may try again, and else ends by name.
#pragma once

#include <string_view>

#include "common/result.h"

namespace frazil {

// `doing`: what could not be done, "decoding 300 records of topic 'orders'".
[[nodiscard]] inline tl::unexpected<Error> OutOfMemory(std::string_view doing) {
  return Fail(ErrorKind::kUnavailable,
              "memory ran out while {}. Nothing is wrong with what was read. Give the process more (a container's "
              "limit, ulimit -v), or lower memory_limit_mb or lanes, so that it asks for less",
              doing);
}

}  // namespace frazil
