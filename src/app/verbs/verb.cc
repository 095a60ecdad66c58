#include "app/verbs/verb.h"

#include <fmt/core.h>

#include "app/status_line.h"

namespace frazil::app {

int Failed(const Error& error, int code) {
  StderrLine().WriteAbove(fmt::format("Error: {}\n", error.message));
  return code;
}

}  // namespace frazil::app
