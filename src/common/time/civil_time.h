// Dates and times of the proleptic Gregorian calendar, and their ISO 8601 text. No time zones but fixed offsets, no
// leap seconds, no allocation while parsing. Everything floors: one microsecond before the epoch is day -1.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace frazil {

constexpr int64_t kMicrosPerSecond = 1'000'000;
constexpr int64_t kMicrosPerHour = 3'600 * kMicrosPerSecond;
constexpr int64_t kMicrosPerDay = 24 * kMicrosPerHour;
constexpr int64_t kNanosPerMicro = 1'000;

// The quotient rounded towards minus infinity; `divisor` is positive.
constexpr int64_t FloorDiv(int64_t value, int64_t divisor) { return value / divisor - (value % divisor < 0 ? 1 : 0); }
constexpr int64_t FloorMod(int64_t value, int64_t divisor) {
  const int64_t rest = value % divisor;
  return rest < 0 ? rest + divisor : rest;
}

struct CivilDate {
  int64_t year = 1970;
  int month = 1;  // 1 to 12
  int day = 1;    // 1 to 31
  bool operator==(const CivilDate&) const = default;
};

// Days since 1970-01-01, of years within ten million of it.
int64_t DaysFromCivil(const CivilDate& date);
CivilDate CivilFromDays(int64_t days);

enum class TimeUnit : uint8_t { kMicros, kNanos };
enum class Zone : uint8_t {
  kNone,      // local time: text with an offset is refused
  kRequired,  // an instant: "Z" or an offset must stand at the end
};

// Strict parsers of a whole text; nullopt if it breaks the form or does not fit.
//   date       YYYY-MM-DD, or with a sign and up to seven digits of year beyond 0000 to 9999
//   time       HH:MM[:SS[.F]], F of one to nine digits; what is finer than the unit is cut off
//   timestamp  date, "T" or one space, time, and with Zone::kRequired "Z", "+HH:MM", "-HH:MM", "+HHMM" or "+HH"
std::optional<int32_t> ParseDate(std::string_view text);       // days since 1970-01-01
std::optional<int64_t> ParseTimeOfDay(std::string_view text);  // microseconds since midnight
std::optional<int64_t> ParseTimestamp(std::string_view text, Zone zone, TimeUnit unit = TimeUnit::kMicros);

// "2017-11-16", "22:31:08.123456", "2017-11-16T22:31:08.123456" and, with Zone::kRequired, "+00:00" after it.
// A fraction has as many digits as it needs, none when it is zero.
std::string FormatDate(int64_t days);
std::string FormatTimeOfDay(int64_t micros);
std::string FormatTimestamp(int64_t value, Zone zone, TimeUnit unit = TimeUnit::kMicros);

}  // namespace frazil
