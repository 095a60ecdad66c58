// Offset states, moved ranges and origins of rows, which anybody may put into a table: whatever is read is written as
// text that reads the same, and ranges are taken only where they join.
#include <string_view>

#include "fuzz.h"
#include "table/offset_moves.h"
#include "table/offset_notes.h"
#include "table/offset_state.h"
#include "table/offset_state_json.h"
#include "table/state_validity.h"

namespace {

using frazil::fuzz::Check;
using frazil::table::OffsetState;
using frazil::table::ParseOffsetState;
using frazil::table::ParseOrigins;
using frazil::table::ParseRanges;

// A table whose branch stands at the state's own commit, or after it.
frazil::iceberg::TableMetadata TableOf(const OffsetState& state) {
  frazil::iceberg::TableMetadata table;
  table.table_uuid = state.table_uuid;
  frazil::iceberg::Snapshot snapshot;
  snapshot.snapshot_id = 1;
  snapshot.parent_snapshot_id = 0;
  snapshot.sequence_number = 7;
  table.snapshots = {snapshot};
  table.refs["main"].snapshot_id = 1;
  return table;
}

}  // namespace

// A state, and ranges in a second line.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto line = text.find('\n');
  auto state = ParseOffsetState(text.substr(0, line));
  const auto ranges = ParseRanges(line == std::string_view::npos ? text : text.substr(line + 1));
  if (state) {
    const auto again = ParseOffsetState(WriteOffsetState(*state));
    Check(again && *again == *state, "a state is written as it was read");
    Check(OffsetsKey(*state).starts_with(frazil::table::kOffsetsKeyPrefix), "a state has a key");
    static_cast<void>(CheckValidity(*state, TableOf(*state)));
  }
  if (const auto origins = ParseOrigins(line == std::string_view::npos ? text : text.substr(line + 1))) {
    const auto again = ParseOrigins(frazil::table::WriteOrigins(*origins));
    Check(again && again->list().size() <= origins->list().size(), "origins are written as they were read");
  }
  if (!ranges) return 0;
  const auto again = ParseRanges(frazil::table::WriteRanges(*ranges));
  Check(again && again->size() == ranges->size(), "ranges are written as they were read");
  for (const auto& range : *ranges) {
    if (!state) break;
    const auto before = state->partitions;
    const auto moved = Advance(*state, range);
    Check(moved || state->partitions == before, "what does not join changes nothing");
    Check(ParseOffsetState(WriteOffsetState(*state)).has_value(), "a state that moved can be read");
  }
  return 0;
}
