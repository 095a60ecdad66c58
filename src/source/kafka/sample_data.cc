#include "source/kafka/sample_data.h"

#include <array>
#include <charconv>

#include "common/time/civil_time.h"

namespace frazil::source::kafka {
namespace {

constexpr std::array<std::string_view, 12> kCities = {"Oslo",   "Lisbon", "Nairobi", "Lima",  "Osaka",  "Quito",
                                                      "Denver", "Accra",  "Hanoi",   "Perth", "Tromso", "Reykjavik"};
constexpr int64_t kFirstDay = 20461;  // 2026-01-08
constexpr int64_t kMillisPerDay = 86'400'000;
constexpr int64_t kWeatherPerHour = 500;
constexpr uint64_t kSensors = 100;
constexpr uint64_t kUsers = 50'000;
constexpr int64_t kTransactionEveryMillis = 7;

// SplitMix64: a well mixed word for each state.
uint64_t Mix(uint64_t state) {
  state += 0x9e3779b97f4a7c15;
  state = (state ^ (state >> 30)) * 0xbf58476d1ce4e5b9;
  state = (state ^ (state >> 27)) * 0x94d049bb133111eb;
  return state ^ (state >> 31);
}

void AppendDigits(uint64_t value, int width, std::string& out) {
  std::array<char, 20> digits;
  for (int i = width - 1; i >= 0; --i, value /= 10)
    digits[static_cast<size_t>(i)] = static_cast<char>('0' + value % 10);
  out.append(digits.data(), static_cast<size_t>(width));
}

// Appends value/100 without zeros at the end: 1250 becomes "12.5".
void AppendHundredths(uint64_t value, std::string& out) {
  std::array<char, 20> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value / 100).ptr;
  out.append(digits.data(), end);
  out += '.';
  out += static_cast<char>('0' + value / 10 % 10);
  if (value % 10 != 0) out += static_cast<char>('0' + value % 10);
}

void AppendDate(int64_t days, std::string& out) {
  const CivilDate date = CivilFromDays(days);
  AppendDigits(static_cast<uint64_t>(date.year), 4, out);
  out += '-';
  AppendDigits(static_cast<uint64_t>(date.month), 2, out);
  out += '-';
  AppendDigits(static_cast<uint64_t>(date.day), 2, out);
}

// Appends a time such as "2026-01-08T14:03:22.123", which is `millis` after midnight of the first day.
void AppendTime(int64_t millis, std::string& out) {
  AppendDate(kFirstDay + millis / kMillisPerDay, out);
  auto rest = static_cast<uint64_t>(millis % kMillisPerDay);
  out += 'T';
  AppendDigits(rest / 3'600'000, 2, out);
  out += ':';
  AppendDigits(rest / 60'000 % 60, 2, out);
  out += ':';
  AppendDigits(rest / 1000 % 60, 2, out);
  out += '.';
  AppendDigits(rest % 1000, 3, out);
}

}  // namespace

Result<SampleKind> ParseSampleKind(std::string_view word) {
  if (word == "weather") return SampleKind::kWeather;
  if (word == "sensor") return SampleKind::kSensor;
  if (word == "transactions") return SampleKind::kTransactions;
  return Fail(ErrorKind::kInvalidArgument, "no sample data named {}: choose weather, sensor or transactions", word);
}

void SampleData::Append(int64_t index, std::string& out) const {
  const uint64_t random = Mix(seed_ * 0x2545f4914f6cdd1d + static_cast<uint64_t>(index));
  const uint64_t more = Mix(random);
  switch (kind_) {
    case SampleKind::kWeather:
      out += R"({"city": ")";
      out += kCities[random % kCities.size()];
      out += R"(", "temperature": ")";
      AppendDigits(20 + more % 80, 2, out);
      out += '.';
      AppendDigits(more / 80 % 100, 2, out);
      out += R"(", "ts": ")";
      AppendDate(kFirstDay, out);
      out += '-';
      AppendDigits(static_cast<uint64_t>(index / kWeatherPerHour % 24), 2, out);
      out += R"("})";
      return;
    case SampleKind::kSensor:
      out += R"({"sensor_id":"sensor-)";
      AppendDigits(random % kSensors, 4, out);
      out += R"(","timestamp":")";
      AppendTime(index, out);
      out += R"(","reading":)";
      AppendHundredths(more % 10'000, out);
      out += '}';
      return;
    case SampleKind::kTransactions:
      out += R"({"user_id":"user-)";
      AppendDigits(random % kUsers, 5, out);
      out += R"(","transaction_amount":)";
      AppendHundredths(1 + more % 50'000, out);
      out += R"(,"event_time":")";
      AppendTime(index * kTransactionEveryMillis, out);
      out += R"("})";
      return;
  }
}

}  // namespace frazil::source::kafka
