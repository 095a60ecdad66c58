// Values of types that JSON does not have, so that they are sent as strings.
#pragma once

#include <string_view>

#include "decode/column.h"

namespace frazil::decode {

// Appends a date, time, timestamp (of any kind), uuid, fixed or binary from its text. Returns nullptr. If the text is
// no such value, appends nothing and returns the reason. Digits of a second that are finer than the type are cut off.
const char* AppendText(std::string_view text, Column& column);

}  // namespace frazil::decode
