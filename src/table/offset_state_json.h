// An offset state as the JSON text that the table stores.
#pragma once

#include <string>
#include <string_view>

#include "common/result.h"
#include "table/offset_state.h"

namespace frazil::table {

std::string WriteOffsetState(const OffsetState& state);
Result<OffsetState> ParseOffsetState(std::string_view text);  // kCorrupt if malformed

}  // namespace frazil::table
