#include "app/verbs/verb.h"

#include <fmt/core.h>

#include "app/status_line.h"
#include "common/text/shown.h"

namespace frazil::app {

int Failed(const Error& error, int code) {
  constexpr size_t kLongest = 64 << 10;  // bytes; an error may have a line for each mistake of a configuration
  StderrLine().WriteAbove(fmt::format("Error: {}\n", Shown(error.message, kLongest)));
  return code;
}

}  // namespace frazil::app
