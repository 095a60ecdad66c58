// Numbers of metadata that are counted on from, added up or converted: beyond these none was ever written, and sums of
// them would not fit 64 bits. They are refused where they are read, so that nobody behind has to look again.
#pragma once

#include <cstdint>
#include <limits>
#include <string_view>

#include "common/result.h"

namespace frazil::iceberg {

// Spec, "Reserved Field IDs": those above are metadata columns.
constexpr int64_t kLargestFieldId = std::numeric_limits<int32_t>::max() - 200;
constexpr int64_t kLargestId = std::numeric_limits<int32_t>::max() - 1;  // of schemas, specs and orders
constexpr int64_t kLargestSequenceNumber = int64_t{1} << 62;
constexpr int64_t kLargestMillis = std::numeric_limits<int64_t>::max() / 1000;  // readers make microseconds of them
constexpr int64_t kLargestCount = int64_t{1} << 48;                             // of a file's or manifest's rows
constexpr int64_t kLargestFile = int64_t{1} << 50;                              // bytes
constexpr int64_t kLargestTotal = int64_t{1} << 62;                             // of a table's rows or bytes

// kCorrupt unless `number` is one of [least, most].
inline Status CheckPlausible(std::string_view what, int64_t number, int64_t most, int64_t least = 0) {
  if (number >= least && number <= most) return {};
  return Fail(ErrorKind::kCorrupt, "{} is {}, which cannot be: {} to {} can", what, number, least, most);
}

}  // namespace frazil::iceberg
