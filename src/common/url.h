// Percent encoding.
#pragma once

#include <string>
#include <string_view>

namespace frazil {

// application/x-www-form-urlencoded: letters, digits and "-_.*" stay, a space becomes '+', the rest %XX.
std::string EncodeForm(std::string_view text);

// One segment of a path or one value of a query (RFC 3986): letters, digits and "-._~" stay, the rest is %XX.
std::string EncodeUrl(std::string_view text);

// %XX decoded; a '%' that no two hexadecimal digits follow stays.
std::string DecodeUrl(std::string_view text);

}  // namespace frazil
