// JSON values that say nothing: null, [], {} and arrays and objects of nothing but these.
#pragma once

#include <cstdint>
#include <string_view>

namespace frazil::decode {

// Objects and arrays within each other, the record itself counted: no record may go deeper.
constexpr int kMaxJsonDepth = 64;

enum class JsonContent : uint8_t {
  kNothing,    // and it is valid JSON to its end
  kSomething,  // holds a string, number or boolean; looked at only up to there
  kMalformed,
  kTooDeep,
};

// The content of the value that starts at `text`'s first byte; what stands behind the value does not matter. `depth` is
// that of the object or array the value is in.
//
// An unknown field that says nothing makes no column, so when the column comes later, or came earlier, the row must
// hold null all the same: that is what keeps a table independent of how its records fell into batches.
JsonContent ScanContent(std::string_view text, int depth);

}  // namespace frazil::decode
