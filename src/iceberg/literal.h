// A single value of a primitive type, and its encodings (spec, appendix D).
#pragma once

#include <string>
#include <string_view>
#include <variant>

#include "common/int128.h"
#include "common/result.h"
#include "iceberg/type.h"

namespace frazil::iceberg {

// The alternatives hold: null | boolean | int, date (days since 1970) | long, time (µs), timestamps (µs or ns since
// 1970) | float | double | decimal (unscaled) | string (UTF-8), uuid (16 bytes), fixed, binary. The type says which is
// meant.
using Literal = std::variant<std::monostate, bool, int32_t, int64_t, float, double, Int128, std::string>;

inline bool IsNull(const Literal& literal) { return literal.index() == 0; }

// The binary single-value serialization (appendix D), which bounds use. `literal` must not be null.
std::string ToBytes(const Type& type, const Literal& literal);
// The inverse of ToBytes. A bound keeps the type of the time when it was written, so 4 bytes are accepted for a long or
// double that was promoted. kCorrupt for other wrong lengths.
Result<Literal> FromBytes(const Type& type, std::string_view bytes);

// Converts a value written before `type` was promoted (spec, "Schema Evolution"): int to long, float to double. Other
// values are returned unchanged.
Literal Widen(const Type& type, Literal value);

// True if `value`, which may be null, is valid for `type`: its alternative, length and precision fit.
bool IsOfType(const Type& type, const Literal& value);

// Compares two values of one type, not null, in the order of bounds: -0.0 is before +0.0; strings and bytes compare
// unsigned.
int Compare(const Type& type, const Literal& a, const Literal& b);

// True if SQL treats two values, which may be null, as equal in GROUP BY: -0.0 equals 0.0, and all NaNs are equal.
bool SameValue(const Literal& a, const Literal& b);

// The value as text, for people and partition paths: ISO dates and times, decimal digits, base64 for bytes, "null".
std::string ToText(const Type& type, const Literal& literal);

}  // namespace frazil::iceberg
