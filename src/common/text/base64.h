// Base64 (RFC 4648, section 4), with padding.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace frazil {

std::string EncodeBase64(std::string_view bytes);
// Strict: the text must be whole groups of four characters. Returns nullopt for line breaks, missing padding or set
// spare bits.
std::optional<std::string> DecodeBase64(std::string_view text);

}  // namespace frazil
