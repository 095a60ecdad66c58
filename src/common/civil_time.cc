#include "common/civil_time.h"

#include <fmt/core.h>

#include <limits>

#include "common/int128.h"

namespace frazil {
namespace {

constexpr int64_t kDaysPerEra = 146'097;   // 400 years
constexpr int64_t kDaysToEpoch = 719'468;  // from 0000-03-01 to 1970-01-01
constexpr int64_t kNanosPerSecond = 1'000'000'000;

bool IsLeap(int64_t year) { return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0); }

int DaysInMonth(int64_t year, int month) {
  constexpr int kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return month == 2 && IsLeap(year) ? 29 : kDays[month - 1];
}

// Takes what it recognises from the front of a text.
class Cursor {
 public:
  explicit Cursor(std::string_view text) : rest_(text) {}

  bool done() const { return rest_.empty(); }
  bool Take(char c) {
    if (rest_.empty() || rest_.front() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }
  // Exactly two digits.
  std::optional<int> TwoDigits() {
    if (rest_.size() < 2 || !IsDigit(rest_[0]) || !IsDigit(rest_[1])) return std::nullopt;
    const int value = (rest_[0] - '0') * 10 + (rest_[1] - '0');
    rest_.remove_prefix(2);
    return value;
  }
  // All digits in front, `least` to `most` of them; `count` tells how many there were.
  std::optional<int64_t> Digits(size_t least, size_t most, size_t* count) {
    size_t n = 0;
    int64_t value = 0;
    while (n < rest_.size() && IsDigit(rest_[n])) {
      if (n == most) return std::nullopt;
      value = value * 10 + (rest_[n++] - '0');
    }
    if (n < least) return std::nullopt;
    rest_.remove_prefix(n);
    *count = n;
    return value;
  }

 private:
  static bool IsDigit(char c) { return c >= '0' && c <= '9'; }
  std::string_view rest_;
};

std::optional<int64_t> TakeDate(Cursor& cursor) {
  const bool minus = cursor.Take('-');
  const bool sign = minus || cursor.Take('+');
  size_t digits = 0;
  auto year = cursor.Digits(4, sign ? 7 : 4, &digits);
  if (!year || !cursor.Take('-')) return std::nullopt;
  if (minus) *year = -*year;
  const auto month = cursor.TwoDigits();
  if (!month || *month < 1 || *month > 12 || !cursor.Take('-')) return std::nullopt;
  const auto day = cursor.TwoDigits();
  if (!day || *day < 1 || *day > DaysInMonth(*year, *month)) return std::nullopt;
  return DaysFromCivil({*year, *month, *day});
}

// Nanoseconds since midnight.
std::optional<int64_t> TakeTime(Cursor& cursor) {
  const auto hour = cursor.TwoDigits();
  if (!hour || *hour > 23 || !cursor.Take(':')) return std::nullopt;
  const auto minute = cursor.TwoDigits();
  if (!minute || *minute > 59) return std::nullopt;
  int64_t nanos = (*hour * 3600 + *minute * 60) * kNanosPerSecond;
  if (!cursor.Take(':')) return nanos;
  const auto second = cursor.TwoDigits();
  if (!second || *second > 59) return std::nullopt;
  nanos += *second * kNanosPerSecond;
  if (!cursor.Take('.')) return nanos;
  size_t digits = 0;
  auto fraction = cursor.Digits(1, 9, &digits);
  if (!fraction) return std::nullopt;
  for (; digits < 9; ++digits) *fraction *= 10;
  return nanos + *fraction;
}

// Seconds east of UTC.
std::optional<int64_t> TakeOffset(Cursor& cursor) {
  if (cursor.Take('Z') || cursor.Take('z')) return 0;
  const bool minus = cursor.Take('-');
  if (!minus && !cursor.Take('+')) return std::nullopt;
  const auto hours = cursor.TwoDigits();
  if (!hours || *hours > 18) return std::nullopt;
  int minutes = 0;
  if (!cursor.done()) {
    cursor.Take(':');
    const auto taken = cursor.TwoDigits();
    if (!taken || *taken > 59) return std::nullopt;
    minutes = *taken;
  }
  const int64_t seconds = *hours * 3600 + minutes * 60;
  return minus ? -seconds : seconds;
}

std::string FormatYear(int64_t year) {
  if (year > 9999) return fmt::format("+{}", year);
  return year < 0 ? fmt::format("-{:04}", -year) : fmt::format("{:04}", year);
}

// `nanos` since midnight.
std::string FormatTime(int64_t nanos) {
  const int64_t seconds = nanos / kNanosPerSecond;
  std::string text = fmt::format("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
  if (const int64_t fraction = nanos % kNanosPerSecond; fraction != 0) {
    text += fmt::format(".{:09}", fraction);
    text.erase(text.find_last_not_of('0') + 1);
  }
  return text;
}

}  // namespace

int64_t DaysFromCivil(const CivilDate& date) {
  // Years begin in March here, so that the leap day is a year's last.
  const int64_t year = date.year - (date.month <= 2 ? 1 : 0);
  const int64_t era = FloorDiv(year, 400);
  const int64_t year_of_era = year - era * 400;
  const int64_t day_of_year = (153 * (date.month + (date.month > 2 ? -3 : 9)) + 2) / 5 + date.day - 1;
  const int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * kDaysPerEra + day_of_era - kDaysToEpoch;
}

CivilDate CivilFromDays(int64_t days) {
  days += kDaysToEpoch;
  const int64_t era = FloorDiv(days, kDaysPerEra);
  const int64_t day_of_era = days - era * kDaysPerEra;
  const int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
  const int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const int64_t shifted_month = (5 * day_of_year + 2) / 153;
  const int day = static_cast<int>(day_of_year - (153 * shifted_month + 2) / 5 + 1);
  const int month = static_cast<int>(shifted_month < 10 ? shifted_month + 3 : shifted_month - 9);
  return {year_of_era + era * 400 + (month <= 2 ? 1 : 0), month, day};
}

std::optional<int32_t> ParseDate(std::string_view text) {
  Cursor cursor(text);
  const auto days = TakeDate(cursor);
  if (!days || !cursor.done()) return std::nullopt;
  if (*days < std::numeric_limits<int32_t>::min() || *days > std::numeric_limits<int32_t>::max()) return std::nullopt;
  return static_cast<int32_t>(*days);
}

std::optional<int64_t> ParseTimeOfDay(std::string_view text) {
  Cursor cursor(text);
  const auto nanos = TakeTime(cursor);
  if (!nanos || !cursor.done()) return std::nullopt;
  return *nanos / kNanosPerMicro;
}

std::optional<int64_t> ParseTimestamp(std::string_view text, Zone zone, TimeUnit unit) {
  Cursor cursor(text);
  const auto days = TakeDate(cursor);
  if (!days || !(cursor.Take('T') || cursor.Take('t') || cursor.Take(' '))) return std::nullopt;
  const auto nanos = TakeTime(cursor);
  if (!nanos) return std::nullopt;
  int64_t offset = 0;
  if (zone == Zone::kRequired) {
    const auto taken = TakeOffset(cursor);
    if (!taken) return std::nullopt;
    offset = *taken;
  }
  if (!cursor.done()) return std::nullopt;
  const int64_t per_second = unit == TimeUnit::kNanos ? kNanosPerSecond : kMicrosPerSecond;
  const Int128 value = static_cast<Int128>(*days * 86'400 - offset) * per_second +
                       *nanos / (unit == TimeUnit::kNanos ? 1 : kNanosPerMicro);
  if (value < std::numeric_limits<int64_t>::min() || value > std::numeric_limits<int64_t>::max()) return std::nullopt;
  return static_cast<int64_t>(value);
}

std::string FormatDate(int64_t days) {
  const auto date = CivilFromDays(days);
  return fmt::format("{}-{:02}-{:02}", FormatYear(date.year), date.month, date.day);
}

std::string FormatTimeOfDay(int64_t micros) { return FormatTime(micros * kNanosPerMicro); }

std::string FormatTimestamp(int64_t value, Zone zone, TimeUnit unit) {
  const int64_t per_day = kMicrosPerDay * (unit == TimeUnit::kNanos ? kNanosPerMicro : 1);
  const int64_t in_day = FloorMod(value, per_day) * (unit == TimeUnit::kNanos ? 1 : kNanosPerMicro);
  return fmt::format("{}T{}{}", FormatDate(FloorDiv(value, per_day)), FormatTime(in_day),
                     zone == Zone::kRequired ? "+00:00" : "");
}

}  // namespace frazil
