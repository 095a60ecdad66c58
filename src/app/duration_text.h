// Durations as people write them.
#pragma once

#include <chrono>
#include <string_view>

#include "common/result.h"

namespace frazil::app {

// Parses a whole number with a unit: "500ms", "60s", "5m", "2h", "30d". kInvalidArgument, with a text that says what
// was expected.
Result<std::chrono::milliseconds> ParseDuration(std::string_view text);

}  // namespace frazil::app
