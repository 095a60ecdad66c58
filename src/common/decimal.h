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

// The value as text, with exactly `scale` digits after the point: (150, 2) gives "1.50". A negative scale appends
// zeros: (15, -2) gives "1500".
std::string FormatDecimal(Int128 unscaled, int scale);
// Parses "[+-]digits[.digits][e[+-]digits]" and returns the unscaled value: ("1.5", 2) gives 150. Does not allocate.
// Returns nullopt if the text is not a number, if rounding to `scale` would lose a digit other than zero, or if the
// unscaled value has more than 38 digits.
std::optional<Int128> ParseDecimal(std::string_view text, int scale);

// Big-endian two's complement, in the fewest bytes that hold the value (Iceberg spec, appendices B and D).
std::string DecimalToBytes(Int128 unscaled);
// The inverse of DecimalToBytes. Accepts any length from 1 to 16 bytes, and returns nullopt for any other length.
std::optional<Int128> DecimalFromBytes(std::string_view bytes);

}  // namespace frazil
