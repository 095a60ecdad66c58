// ${NAME}, ${NAME:-default} and ${file:PATH} in configuration values.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "common/result.h"

namespace frazil::app {

using Environment = std::function<std::optional<std::string>(const std::string& name)>;

Environment ProcessEnvironment();

// What a file holds, up to 64 KiB, without the line break at its end, as secrets are mounted. kInvalidArgument says why
// it cannot be read, and leaves its name to the caller.
Result<std::string> ReadSecretFile(const std::string& path);

// Replaces ${NAME} by the variable's value, ${NAME:-text} by `text` where the variable is not set or is empty, and
// ${file:PATH} by what ReadSecretFile reads; "$$" gives one dollar, any other "$" stands for itself. What was put in is
// not looked at again. kInvalidArgument names a variable that is not set and has no default, or a file that cannot be
// read. Values never appear in an error.
Result<std::string> SubstituteEnvironment(std::string_view text, const Environment& environment);

}  // namespace frazil::app
