// The error for "this process has no memory left". It is kept apart from errors in the input, so that no record, file
// or answer counts as bad because memory ran out. The caller may retry, or end with this error.
#pragma once

#include <string_view>

#include "common/result.h"

namespace frazil {

// `doing` completes "memory ran out while …": "decoding 300 records of topic 'orders'".
[[nodiscard]] inline tl::unexpected<Error> OutOfMemory(std::string_view doing) {
  return Fail(ErrorKind::kUnavailable,
              "memory ran out while {}. Nothing is wrong with what was read. Give the process more (a container's "
              "limit, ulimit -v), or lower memory_limit_mb or lanes, so that it asks for less",
              doing);
}

}  // namespace frazil
