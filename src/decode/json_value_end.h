// Where a JSON value ends that no column takes apart.
#pragma once

namespace frazil::decode {

// Behind the value that begins at `at`, whose text may reach to `end`; nullptr if it is none (RFC 8259). `depth` is
// that of the object or array that it is in: deeper than kMaxJsonDepth it is none either, and `too_deep` becomes true.
// What simdjson's first stage looks at is not looked at again: UTF-8, and control characters in strings.
const char* JsonValueEnd(const char* at, const char* end, int depth, bool& too_deep);

}  // namespace frazil::decode
