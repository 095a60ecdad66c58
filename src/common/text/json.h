// Parses untrusted JSON into a tree.
#pragma once

#include <nlohmann/json.hpp>
#include <string_view>

#include "common/result.h"

namespace frazil {

// kCorrupt if `text` is not valid JSON, is nested deeper than limits.json_nesting, or has more values than
// limits.json_values. The nesting is limited because nlohmann::json recurses when it copies or prints a tree. The
// values are limited because a value that takes three bytes of text can take fifty in the tree.
Result<nlohmann::json> ParseJson(std::string_view text);

}  // namespace frazil
