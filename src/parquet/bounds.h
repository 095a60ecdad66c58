// Truncated bounds, for the metrics mode truncate(N) (reference: UnicodeUtil, BinaryUtil).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace frazil::parquet {

// The first `length` code points of UTF-8, or the first `length` bytes. Never greater than the value.
std::string LowerStringBound(std::string_view value, int length);
std::string LowerBytesBound(std::string_view value, int length);

// An upper bound of all values with the same first `length` code points or bytes: the cut value, with its last unit
// that can be incremented incremented. nullopt if no unit can; then there is no upper bound.
std::optional<std::string> UpperStringBound(std::string_view value, int length);
std::optional<std::string> UpperBytesBound(std::string_view value, int length);

}  // namespace frazil::parquet
