// Cuts text from outside to a length that fits a message. A cut never splits a UTF-8 character.
#pragma once

#include <string>
#include <string_view>

namespace frazil {

// `text` if it has at most `most` bytes. Otherwise its beginning and its size: "aaaa… (1048576 bytes)".
std::string Shown(std::string_view text, size_t most = 200);

}  // namespace frazil
