// Recognizes payloads that are not JSON: formats and encodings of producers that show in the first bytes.
#pragma once

#include <string>
#include <string_view>

namespace frazil::decode {

// Says what the value is and what to do about it: "looks like UTF-16 (little-endian); …". Empty if no known form is
// recognized; then it may be broken JSON. It is a guess, used only in messages.
std::string DescribeForm(std::string_view value);

}  // namespace frazil::decode
