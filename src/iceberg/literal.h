// A single value of a primitive type, with the spec's encodings of single values (appendix D).
#pragma once

#include <string>
#include <string_view>
#include <variant>

#include "common/int128.h"
#include "common/result.h"
#include "iceberg/type.h"

namespace frazil::iceberg {

// null | boolean | int, date (days) | long, time (us), timestamps (us or ns) | float | double | decimal (unscaled) |
// string (UTF-8), uuid (16 bytes), fixed, binary. The type says which of them is meant.
using Literal = std::variant<std::monostate, bool, int32_t, int64_t, float, double, Int128, std::string>;

inline bool IsNull(const Literal& literal) { return literal.index() == 0; }

// Appendix D, binary single-value serialisation, as bounds are stored. `literal` must not be null.
std::string ToBytes(const Type& type, const Literal& literal);
// Bounds keep the type of the time they were written: 4 bytes under a promoted long or double are accepted.
Result<Literal> FromBytes(const Type& type, std::string_view bytes);

// A value of the type that `type` was before it was promoted (spec, "Schema Evolution"): int becomes long, float
// double. All others come back as they are.
Literal Widen(const Type& type, Literal value);

// Whether a value, perhaps null, is one that `type` has: its alternative, its length, its precision.
bool IsOfType(const Type& type, const Literal& value);

// Order of two non-null values of one type as bounds compare them: -0.0 before +0.0, strings and bytes unsigned.
int Compare(const Type& type, const Literal& a, const Literal& b);

// Whether two values, perhaps null, are the same to SQL and to groups: the zeros are one, and so are all NaNs.
bool SameValue(const Literal& a, const Literal& b);

// For people and partition paths: ISO dates and times, decimal digits, base64 for bytes, "null".
std::string ToText(const Type& type, const Literal& literal);

}  // namespace frazil::iceberg
