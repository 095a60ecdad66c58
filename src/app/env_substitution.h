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

// Reads a file of at most 64 KiB, such as a mounted secret, and drops one line break at its end. kInvalidArgument if
// the file cannot be read or is empty. The error does not name the file; the caller adds the name.
Result<std::string> ReadSecretFile(const std::string& path);

// Replaces references in `text`:
//   ${NAME}        the variable's value
//   ${NAME:-text}  the variable's value; `text` if the variable is not set or empty
//   ${file:PATH}   what ReadSecretFile reads
//   $$             one dollar sign
// Any other "$" stands for itself. Replaced text is not searched again. kInvalidArgument names a variable that is not
// set and has no default, or a file that cannot be read. An error never contains a value.
Result<std::string> SubstituteEnvironment(std::string_view text, const Environment& environment);

}  // namespace frazil::app
