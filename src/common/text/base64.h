// Base64 (RFC 4648, section 4), with padding.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace frazil {

std::string EncodeBase64(std::string_view bytes);
// nullopt for anything but whole groups of four: no line breaks, no missing padding, no spare bits set.
std::optional<std::string> DecodeBase64(std::string_view text);

}  // namespace frazil
