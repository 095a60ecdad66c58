// Upper limits for numbers in metadata that are added up, converted or counted on. No real table has larger ones, and
// sums of larger ones could overflow 64 bits. They are checked where they are read, so that later code need not check.
#pragma once

#include <cstdint>
#include <limits>
#include <string_view>

#include "common/result.h"

namespace frazil::iceberg {

// Ids above this are reserved for metadata columns (spec, "Reserved Field IDs").
constexpr int64_t kLargestFieldId = std::numeric_limits<int32_t>::max() - 200;
constexpr int64_t kLargestId = std::numeric_limits<int32_t>::max() - 1;  // ids of schemas, specs and sort orders
constexpr int64_t kLargestSequenceNumber = int64_t{1} << 62;
constexpr int64_t kLargestMillis = std::numeric_limits<int64_t>::max() / 1000;  // readers convert them to microseconds
constexpr int64_t kLargestCount = int64_t{1} << 48;                             // rows of a file or manifest
constexpr int64_t kLargestFile = int64_t{1} << 50;                              // bytes
constexpr int64_t kLargestTotal = int64_t{1} << 62;                             // rows or bytes of a table

// kCorrupt unless `number` is one of [least, most].
inline Status CheckPlausible(std::string_view what, int64_t number, int64_t most, int64_t least = 0) {
  if (number >= least && number <= most) return {};
  return Fail(ErrorKind::kCorrupt, "{} is {}, which cannot be: {} to {} can", what, number, least, most);
}

}  // namespace frazil::iceberg
