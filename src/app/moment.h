// Points in time as people write them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace frazil::app {

// Parses an ISO 8601 date or time (UTC if it has no zone), or a number of milliseconds since 1970 with at least 12
// digits. Returns milliseconds since 1970; nothing if `text` is neither.
std::optional<int64_t> ParseMoment(const std::string& text);
// Says in messages what ParseMoment takes.
inline constexpr std::string_view kMomentForm =
    "an ISO 8601 date or time such as 2026-01-08T14:00:00Z (without a zone: UTC), or milliseconds since 1970 (13 "
    "digits)";

}  // namespace frazil::app
