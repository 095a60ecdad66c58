// A moment as people write it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace frazil::app {

// Milliseconds since 1970 of an ISO 8601 date or time (without a zone: UTC), or of such a number.
std::optional<int64_t> ParseMoment(const std::string& text);
// What ParseMoment takes, for messages.
inline constexpr std::string_view kMomentForm =
    "an ISO 8601 date or time such as 2026-01-08T14:00:00Z (without a zone: UTC), or milliseconds since 1970 (13 "
    "digits)";

}  // namespace frazil::app
