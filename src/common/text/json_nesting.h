// A guard for JSON that nobody vouches for: our JSON library recurses when it copies and prints, so nesting without end
// would use up the stack.
#pragma once

#include <string_view>

#include "common/result.h"

namespace frazil {

constexpr int kMaxJsonNesting = 256;

// kCorrupt if objects and arrays nest deeper. Looks at brackets only: any other fault is the parser's to find.
Status CheckJsonNesting(std::string_view text, int max_depth = kMaxJsonNesting);

}  // namespace frazil
