// JSON parts that offset states (offset_state_json.h) and notes (offset_notes.h) share. The input is untrusted:
// kCorrupt if it is malformed or impossible.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <string_view>

#include "common/result.h"
#include "record/offset_range.h"
#include "record/row_origins.h"
#include "table/offset_state.h"

namespace frazil::table::offset_json {

using nlohmann::json;

// The numbers of one partition as an array without trailing zeros. Most partitions have only rows, and the property is
// rewritten with every commit, so short texts matter.
json Compact(std::initializer_list<int64_t> numbers);

// The value of a JSON integer.
Result<int64_t> Integer(const json& number);

// The inverse of Compact: missing numbers are 0.
template <size_t N>
Result<std::array<int64_t, N>> Expand(const json& numbers) {
  std::array<int64_t, N> out{};
  if (!numbers.is_array() || numbers.size() > N) return Fail(ErrorKind::kCorrupt, "expected at most {} numbers", N);
  for (size_t i = 0; i < numbers.size(); ++i) {
    FRAZIL_ASSIGN_OR_RETURN(out[i], Integer(numbers[i]));
  }
  return out;
}

Result<int32_t> PartitionId(int64_t number);
// The counts of [first, next) from `n`. They must add up to next - first. A range that goes back has none.
Result<record::OffsetCounts> CountsOf(std::span<const int64_t, 5> n, int64_t first, int64_t next);
Result<json> ParseObject(std::string_view text);

// [partition, first, next, rows]
Result<record::RowOrigin> ParseOrigin(const std::string& topic, const json& numbers);

constexpr const char* kPending = "pending-errors";
json WritePending(const PendingErrors& pending);
Result<PendingErrors> ParsePending(const std::string& topic, const json& object);

}  // namespace frazil::table::offset_json
