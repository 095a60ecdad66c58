#include "app/moment.h"

#include <charconv>

#include "common/time/civil_time.h"

namespace frazil::app {
namespace {

constexpr int64_t kMicrosPerMilli = 1000;
// A smaller number is more likely meant as seconds: this one is 1973 in milliseconds, and 5138 in seconds.
constexpr int64_t kLeastEpochMillis = 100'000'000'000;

}  // namespace

std::optional<int64_t> ParseMoment(const std::string& text) {
  int64_t millis = 0;
  const char* end = text.data() + text.size();
  if (const auto [stop, error] = std::from_chars(text.data(), end, millis); error == std::errc() && stop == end) {
    return millis >= kLeastEpochMillis ? std::optional(millis) : std::nullopt;
  }
  if (const auto micros = ParseTimestamp(text, Zone::kRequired)) return FloorDiv(*micros, kMicrosPerMilli);
  if (const auto micros = ParseTimestamp(text, Zone::kNone)) return FloorDiv(*micros, kMicrosPerMilli);
  if (const auto days = ParseDate(text)) return *days * (kMicrosPerDay / kMicrosPerMilli);
  return std::nullopt;
}

}  // namespace frazil::app
