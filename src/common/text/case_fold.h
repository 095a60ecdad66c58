// Lower case in any script: for comparing texts that may differ in case.
#pragma once

#include <string>
#include <string_view>

namespace frazil {

// `text` in lower case by Unicode's simple case mapping, code point by code point. The result differs from Java's
// toLowerCase for a few letters only. Bytes that are not valid UTF-8 stay as they are.
std::string FoldCase(std::string_view text);

}  // namespace frazil
