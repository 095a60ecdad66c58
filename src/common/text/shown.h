// Text from outside as a message shows it: whole characters, and never more than a reader can take in.
#pragma once

#include <string>
#include <string_view>

namespace frazil {

// `text`, or where it has more than `most` bytes its front and how many bytes it has: "aaaa… (1048576 bytes)".
std::string Shown(std::string_view text, size_t most = 200);

}  // namespace frazil
