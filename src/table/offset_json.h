// The parts that the texts of offset states (offset_state_json.h) and of notes (offset_notes.h) share. Anybody may have
// written what is parsed here: kCorrupt where it cannot be.
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

// Numbers of one partition as an array whose trailing zeros are left out: most partitions have rows only, and the
// property is rewritten with every commit.
json Compact(std::initializer_list<int64_t> numbers);

Result<int64_t> Integer(const json& number);

// Of what Compact wrote.
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
// The counts of [first, next), which add up to it; none of a range that goes back.
Result<record::OffsetCounts> CountsOf(std::span<const int64_t, 5> n, int64_t first, int64_t next);
Result<json> ParseObject(std::string_view text);

// [partition, first, next, rows]
Result<record::RowOrigin> ParseOrigin(const std::string& topic, const json& numbers);

constexpr const char* kPending = "pending-errors";
json WritePending(const PendingErrors& pending);
Result<PendingErrors> ParsePending(const std::string& topic, const json& object);

}  // namespace frazil::table::offset_json
