// An offset state as the text that the table keeps.
#pragma once

#include <string>
#include <string_view>

#include "common/result.h"
#include "table/offset_state.h"

namespace frazil::table {

std::string WriteOffsetState(const OffsetState& state);
Result<OffsetState> ParseOffsetState(std::string_view text);  // kCorrupt

}  // namespace frazil::table
