// JSON that nobody vouches for, as a tree.
#pragma once

#include <nlohmann/json.hpp>
#include <string_view>

#include "common/result.h"

namespace frazil {

// A depth that no document of ours reaches: our JSON library recurses when it copies and prints, and readers of nested
// types do, so nesting without end would use up the stack.
constexpr int kMaxJsonNesting = 256;

// kCorrupt where `text` is no JSON, is nested deeper, or has more values than limits.json_values allows: a value of
// three bytes takes fifty in a tree.
Result<nlohmann::json> ParseJson(std::string_view text);

}  // namespace frazil
