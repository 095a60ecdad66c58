// Texts that differ in upper and lower case alone, in any script.
#pragma once

#include <string>
#include <string_view>

namespace frazil {

// The text in lower case, code point by code point as Unicode's simple mapping has it (Java's toLowerCase but for a few
// letters). Bytes that are no UTF-8 stay as they are.
std::string FoldCase(std::string_view text);

}  // namespace frazil
