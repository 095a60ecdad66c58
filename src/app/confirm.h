// Asks who sits at the terminal.
#pragma once

#include <string_view>

#include "common/result.h"

namespace frazil::app {

// Prints the question to stdout; true if the next line of stdin says yes.
bool SaysYes(std::string_view question);

// True where `yes` was said beforehand, or is said now. kInvalidArgument where nobody can be asked.
Result<bool> Confirm(std::string_view question, bool yes);

}  // namespace frazil::app
