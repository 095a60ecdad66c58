// Values that JSON has no class for and sends as strings.
#pragma once

#include <string_view>

#include "decode/column.h"

namespace frazil::decode {

// Appends a date, time, timestamp (of any kind), uuid, fixed or binary from its text; or, when it is none, appends
// nothing and says why. Digits of a second finer than the type are cut off.
const char* AppendText(std::string_view text, Column& column);

}  // namespace frazil::decode
