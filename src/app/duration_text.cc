#include "app/duration_text.h"

#include <charconv>

#include "common/text/shown.h"

namespace frazil::app {

Result<std::chrono::milliseconds> ParseDuration(std::string_view text) {
  struct Unit {
    std::string_view word;
    int64_t millis;
  };
  constexpr Unit kUnits[] = {{"ms", 1}, {"s", 1000}, {"m", 60'000}, {"h", 3'600'000}, {"d", int64_t{24} * 3'600'000}};
  // A century. Clocks count nanoseconds in 64 bits, and overflow about three centuries from 1970.
  constexpr int64_t kLongest = int64_t{100} * 365 * 24 * 3'600'000;
  int64_t number = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const std::string_view rest = text.substr(static_cast<size_t>(stop - text.data()));
  for (const auto& [word, millis] : kUnits) {
    if (error == std::errc() && number >= 0 && rest == word && number <= kLongest / millis) {
      return std::chrono::milliseconds(number * millis);
    }
  }
  return Fail(ErrorKind::kInvalidArgument,
              "\"{}\" is no duration; expected a whole number with ms, s, m, h or d, for instance 60s", Shown(text));
}

}  // namespace frazil::app
