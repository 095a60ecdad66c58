#include "common/decimal.h"

#include <algorithm>
#include <array>

namespace frazil {
namespace {

constexpr auto kPowers = [] {
  std::array<Int128, kMaxDecimalDigits + 1> powers{};
  powers[0] = 1;
  for (size_t i = 1; i < powers.size(); ++i) powers[i] = powers[i - 1] * 10;
  return powers;
}();

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

UInt128 Magnitude(Int128 value) { return value < 0 ? -static_cast<UInt128>(value) : static_cast<UInt128>(value); }

// Takes an exponent ("e-3") that is the rest of a number; magnitudes are capped far beyond what can fit.
std::optional<int> ParseExponent(std::string_view text) {
  bool minus = false;
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) {
    minus = text[0] == '-';
    text.remove_prefix(1);
  }
  if (text.empty() || !std::all_of(text.begin(), text.end(), IsDigit)) return std::nullopt;
  constexpr int kCap = 1'000'000'000;
  int value = 0;
  for (const char c : text) value = value >= kCap / 10 ? kCap : value * 10 + (c - '0');
  return minus ? -value : value;
}

}  // namespace

Int128 PowerOfTen(int exponent) { return kPowers[static_cast<size_t>(exponent)]; }

bool FitsPrecision(Int128 unscaled, int precision) {
  return Magnitude(unscaled) < static_cast<UInt128>(PowerOfTen(std::clamp(precision, 0, kMaxDecimalDigits)));
}

std::string FormatDecimal(Int128 unscaled, int scale) {
  std::string digits;  // lowest first
  UInt128 rest = Magnitude(unscaled);
  do {
    digits.push_back(static_cast<char>('0' + static_cast<int>(rest % 10)));
    rest /= 10;
  } while (rest != 0);
  if (scale > 0) {
    while (digits.size() <= static_cast<size_t>(scale)) digits.push_back('0');
    digits.insert(static_cast<size_t>(scale), 1, '.');
  }
  if (unscaled < 0) digits.push_back('-');
  std::reverse(digits.begin(), digits.end());
  if (scale < 0 && unscaled != 0) digits.append(static_cast<size_t>(-scale), '0');
  return digits;
}

std::optional<Int128> ParseDecimal(std::string_view text, int scale) {
  bool minus = false;
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) {
    minus = text[0] == '-';
    text.remove_prefix(1);
  }
  // The mantissa, with zeros at its end held back, so that neither "1.000…" nor "1e3" overflows before its time.
  UInt128 value = 0;
  int digits = 0;        // of `value`
  int64_t zeros = 0;     // read but not yet in `value`
  int64_t fraction = 0;  // digits after the point, held back ones included
  bool any = false, point = false;
  size_t at = 0;
  for (; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '.') {
      if (point || !any) return std::nullopt;
      point = true;
      continue;
    }
    if (!IsDigit(c)) break;
    any = true;
    if (point) ++fraction;
    if (c == '0') {
      if (value != 0) ++zeros;
      continue;
    }
    if (digits + zeros + 1 > kMaxDecimalDigits) return std::nullopt;
    for (; zeros > 0; --zeros, ++digits) value *= 10;
    value = value * 10 + static_cast<unsigned>(c - '0');
    ++digits;
  }
  if (!any || (point && !IsDigit(text[at - 1]))) return std::nullopt;
  int64_t exponent = 0;
  if (at < text.size()) {
    if (text[at] != 'e' && text[at] != 'E') return std::nullopt;
    const auto taken = ParseExponent(text.substr(at + 1));
    if (!taken) return std::nullopt;
    exponent = *taken;
  }
  if (value == 0) return 0;
  // value * 10^(zeros - fraction + exponent), wanted at 10^-scale; its last digit is not zero.
  const int64_t shift = zeros - fraction + exponent + scale;
  if (shift < 0 || digits + shift > kMaxDecimalDigits) return std::nullopt;
  const auto unscaled = static_cast<Int128>(value) * PowerOfTen(static_cast<int>(shift));
  return minus ? -unscaled : unscaled;
}

std::string DecimalToBytes(Int128 unscaled) {
  std::string bytes;  // lowest first
  for (;;) {
    const auto low = static_cast<signed char>(unscaled & 0xff);
    bytes.push_back(static_cast<char>(low));
    unscaled >>= 8;
    if (unscaled == (low < 0 ? -1 : 0)) break;
  }
  std::reverse(bytes.begin(), bytes.end());
  return bytes;
}

std::optional<Int128> DecimalFromBytes(std::string_view bytes) {
  if (bytes.empty() || bytes.size() > sizeof(Int128)) return std::nullopt;
  auto value = static_cast<UInt128>(static_cast<Int128>(static_cast<signed char>(bytes[0])));
  for (const char c : bytes.substr(1)) value = (value << 8) | static_cast<unsigned char>(c);
  return static_cast<Int128>(value);
}

}  // namespace frazil
