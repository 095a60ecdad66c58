// Decimals of up to 38 digits as unscaled 128-bit integers: value = unscaled / 10^scale.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "common/int128.h"

namespace frazil {

constexpr int kMaxDecimalDigits = 38;

// 10^exponent, 0 to 38.
Int128 PowerOfTen(int exponent);
// True if `unscaled` has at most `precision` digits.
bool FitsPrecision(Int128 unscaled, int precision);

// "-123.45"; `scale` zeros are kept ("1.50"), a negative scale appends zeros.
std::string FormatDecimal(Int128 unscaled, int scale);
// Parses "[+-]digits[.digits][e[+-]digits]" to exactly `scale` fractional digits without allocation. nullopt if the
// text is no number, if a digit that is not zero would be lost, or if it has more than 38 digits.
std::optional<Int128> ParseDecimal(std::string_view text, int scale);

// Big-endian two's complement of the least length that holds the value (Iceberg spec, appendices B and D).
std::string DecimalToBytes(Int128 unscaled);
// The same of any length from 1 to 16.
std::optional<Int128> DecimalFromBytes(std::string_view bytes);

}  // namespace frazil
