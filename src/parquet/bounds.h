// Bounds cut short: `truncate(N)` of column metrics (reference: UnicodeUtil, BinaryUtil).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace frazil::parquet {

// The first `length` code points (of UTF-8) or bytes: not greater than the value.
std::string LowerStringBound(std::string_view value, int length);
std::string LowerBytesBound(std::string_view value, int length);

// Not smaller than any value with the same first `length` code points or bytes: the cut value with its last unit that
// can grow incremented. nullopt if none can; then there is no upper bound.
std::optional<std::string> UpperStringBound(std::string_view value, int length);
std::optional<std::string> UpperBytesBound(std::string_view value, int length);

}  // namespace frazil::parquet
