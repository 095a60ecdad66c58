#include "app/verbs/verb.h"

#include <fmt/core.h>

#include "app/status_line.h"
#include "common/text/shown.h"

namespace frazil::app {

int Failed(const Error& error, int code) {
  constexpr size_t kLongest = 64 << 10;  // mistakes of a configuration are a line each
  StderrLine().WriteAbove(fmt::format("Error: {}\n", Shown(error.message, kLongest)));
  return code;
}

}  // namespace frazil::app
