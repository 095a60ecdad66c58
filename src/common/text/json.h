// JSON that nobody vouches for, as a tree.
#pragma once

#include <nlohmann/json.hpp>
#include <string_view>

#include "common/result.h"

namespace frazil {

// kCorrupt where `text` is no JSON, is nested deeper than limits.json_nesting allows (our JSON library recurses when it
// copies and prints), or has more values than limits.json_values allows (a value of three bytes takes fifty in a tree).
Result<nlohmann::json> ParseJson(std::string_view text);

}  // namespace frazil
