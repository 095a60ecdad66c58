// Dates and times of the proleptic Gregorian calendar, and their ISO 8601 text. Fixed offsets are the only time zones,
// and there are no leap seconds. Parsing does not allocate. Conversions round down: one microsecond before the epoch is
// day -1.
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

// The quotient, rounded towards minus infinity. `divisor` must be positive.
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

// Days since 1970-01-01. Valid for years within ten million of 1970.
int64_t DaysFromCivil(const CivilDate& date);
CivilDate CivilFromDays(int64_t days);

enum class TimeUnit : uint8_t { kMicros, kNanos };
enum class Zone : uint8_t {
  kNone,      // local time; text with an offset is refused
  kRequired,  // an instant; the text must end with "Z" or an offset
};

// Strict parsers. The whole text must have one of these forms, and the value must fit the result; otherwise nullopt.
//   date       YYYY-MM-DD; a year beyond 0000 to 9999 has a sign and up to seven digits
//   time       HH:MM[:SS[.F]]; F has one to nine digits, and digits finer than the unit are cut off
//   timestamp  date, "T" or one space, time; with Zone::kRequired also "Z", "+HH:MM", "-HH:MM", "+HHMM" or "+HH"
std::optional<int32_t> ParseDate(std::string_view text);       // days since 1970-01-01
std::optional<int64_t> ParseTimeOfDay(std::string_view text);  // microseconds since midnight
std::optional<int64_t> ParseTimestamp(std::string_view text, Zone zone, TimeUnit unit = TimeUnit::kMicros);

// "2017-11-16", "22:31:08.123456", "2017-11-16T22:31:08.123456". With Zone::kRequired a timestamp ends with "+00:00".
// The fraction has only the digits that it needs; a zero fraction is left out.
std::string FormatDate(int64_t days);
std::string FormatTimeOfDay(int64_t micros);
std::string FormatTimestamp(int64_t value, Zone zone, TimeUnit unit = TimeUnit::kMicros);

}  // namespace frazil
