#include "common/time/civil_time.h"

#include <fmt/core.h>

#include <array>
#include <limits>

#include "common/int128.h"
#include "common/text/digits.h"

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

struct DayAndTime {
  int64_t days;
  int64_t nanos;  // since midnight
};

// Eight bytes of a form such as "0000-00-": digits where it has zeros, elsewhere its own bytes.
class WordForm {
 public:
  consteval explicit WordForm(const char (&form)[9]) {
    for (int i = 7; i >= 0; --i) {
      zeros_ = zeros_ << 8 | static_cast<unsigned char>(form[i]);
      beyond_ = beyond_ << 8 | (form[i] == '0' ? 0x06 : 0x0F);
    }
  }
  // Byte `i` of the answer is the number of the two digits that begin there. False if the text has another form.
  bool Pairs(const char* text, uint64_t& pairs) const {
    const uint64_t digits = LoadWord(text) ^ zeros_;
    pairs = digits * 10 + (digits >> 8);
    // A byte that is no digit, or not the form's, has one of its upper four bits, or gets it.
    return ((digits | (digits + beyond_)) & 0xF0F0F0F0F0F0F0F0) == 0;
  }

 private:
  uint64_t zeros_ = 0;
  uint64_t beyond_ = 0;
};

int ByteOf(uint64_t word, int i) { return static_cast<int>(word >> (8 * i) & 0xFF); }

// The form that nearly all timestamps have, by words instead of bytes: YYYY-MM-DDTHH:MM:SS and up to eight digits of a
// fraction. nullopt if the text has another one, be it right or wrong.
std::optional<DayAndTime> ParseUsual(std::string_view text) {
  constexpr WordForm kMonth("0000-00-"), kTime("00:00:00");
  constexpr size_t kWhole = 19;
  static constexpr std::array<int64_t, 9> kUnits = {1'000'000'000, 100'000'000, 10'000'000, 1'000'000, 100'000,
                                                    10'000,        1'000,       100,        10};
  if (text.size() < kWhole || text.size() > kWhole + kUnits.size()) return std::nullopt;
  uint64_t month = 0, time = 0;
  const unsigned tens = static_cast<unsigned char>(text[8] - '0'), ones = static_cast<unsigned char>(text[9] - '0');
  if (!kMonth.Pairs(text.data(), month) || !kTime.Pairs(text.data() + 11, time) || tens > 9 || ones > 9 ||
      text[10] != 'T') {
    return std::nullopt;
  }
  const CivilDate date{ByteOf(month, 0) * 100 + ByteOf(month, 2), ByteOf(month, 5), static_cast<int>(10 * tens + ones)};
  const int hour = ByteOf(time, 0), minute = ByteOf(time, 3), second = ByteOf(time, 6);
  if (date.month < 1 || date.month > 12 || date.day < 1 || hour > 23 || minute > 59 || second > 59) return std::nullopt;
  if (date.day > 28 && date.day > DaysInMonth(date.year, date.month)) return std::nullopt;
  int64_t nanos = (hour * 3600 + minute * 60 + second) * kNanosPerSecond;
  if (text.size() > kWhole) {
    const size_t digits = text.size() - kWhole - 1;
    if (text[kWhole] != '.' || digits == 0) return std::nullopt;
    const size_t others = 64 - 8 * digits;  // bits of what stands before the fraction in the text's last word
    const uint64_t fraction = (LoadWord(text.data() + text.size() - 8) ^ kEightZeros) >> others << others;
    if (BeyondDigits(fraction) != 0) return std::nullopt;
    nanos += static_cast<int64_t>(EightDigits(fraction)) * kUnits[digits];
  }
  return DayAndTime{DaysFromCivil(date), nanos};
}

std::optional<DayAndTime> TakeDayAndTime(Cursor& cursor) {
  const auto days = TakeDate(cursor);
  if (!days || !(cursor.Take('T') || cursor.Take('t') || cursor.Take(' '))) return std::nullopt;
  const auto nanos = TakeTime(cursor);
  if (!nanos) return std::nullopt;
  return DayAndTime{*days, *nanos};
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
  // Years begin in March here, so that the leap day is a year's last, and far enough back to be positive.
  constexpr int64_t kErasBack = 25'000;
  const auto year = static_cast<uint64_t>(date.year + 400 * kErasBack - (date.month <= 2 ? 1 : 0));
  const auto month = static_cast<uint64_t>(date.month + (date.month > 2 ? -3 : 9));
  const uint64_t day_of_year = (153 * month + 2) / 5 + static_cast<uint64_t>(date.day) - 1;
  const uint64_t days = year * 365 + year / 4 - year / 100 + year / 400 + day_of_year;
  return static_cast<int64_t>(days) - kErasBack * kDaysPerEra - kDaysToEpoch;
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
  const bool utc = zone == Zone::kRequired && text.ends_with('Z');
  auto parsed = ParseUsual(utc ? text.substr(0, text.size() - 1) : text);
  int64_t offset = 0;
  if (!parsed || (zone == Zone::kRequired && !utc)) {
    Cursor cursor(text);
    parsed = TakeDayAndTime(cursor);
    if (!parsed) return std::nullopt;
    if (zone == Zone::kRequired) {
      const auto taken = TakeOffset(cursor);
      if (!taken) return std::nullopt;
      offset = *taken;
    }
    if (!cursor.done()) return std::nullopt;
  }
  const bool nanos = unit == TimeUnit::kNanos;
  const Int128 value =
      static_cast<Int128>(parsed->days * 86'400 - offset) * (nanos ? kNanosPerSecond : kMicrosPerSecond) +
      (nanos ? parsed->nanos : parsed->nanos / kNanosPerMicro);
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
