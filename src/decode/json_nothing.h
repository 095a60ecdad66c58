// JSON values that say nothing: null, [], {}, and arrays and objects that contain only such values.
#pragma once

#include <cstdint>
#include <string_view>

namespace frazil::decode {

// The deepest nesting of objects and arrays in a record, with the record itself.
constexpr int kMaxJsonDepth = 64;

enum class JsonContent : uint8_t {
  kNothing,    // the value says nothing, and is valid JSON
  kSomething,  // it contains a string, number or boolean; the rest was not read
  kMalformed,
  kTooDeep,
};

// The content of the value at the beginning of `text`; what follows the value is ignored. `depth` is the depth of the
// enclosing object or array.
//
// An unknown field that says nothing gives no column. If the column comes later, or came earlier, the row must hold
// null in both cases. Only then does a table not depend on how its records were divided into batches.
JsonContent ScanContent(std::string_view text, int depth);

}  // namespace frazil::decode
