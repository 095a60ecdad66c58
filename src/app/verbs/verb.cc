#include "app/verbs/verb.h"

#include <fmt/core.h>

#include <cstdio>

namespace frazil::app {

int Failed(const Error& error, int code) {
  fmt::print(stderr, "Error: {}\n", error.message);
  return code;
}

}  // namespace frazil::app
