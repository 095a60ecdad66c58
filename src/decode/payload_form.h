// What a payload is that is no JSON: producers' formats and encodings that show in the first bytes.
#pragma once

#include <string>
#include <string_view>

namespace frazil::decode {

// "looks like UTF-16 (little-endian); …": what it is and what to do about it, to be said of the value. Empty where it
// looks like none of these: then it may be broken JSON. A guess for messages; nothing else goes by it.
std::string DescribeForm(std::string_view value);

}  // namespace frazil::decode
