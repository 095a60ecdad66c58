// Percent encoding.
#pragma once

#include <string>
#include <string_view>

namespace frazil {

// application/x-www-form-urlencoded: letters, digits and "-_.*" stay, a space becomes '+', the rest %XX.
std::string EncodeForm(std::string_view text);

}  // namespace frazil
