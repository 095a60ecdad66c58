// Suggests the word a user probably meant.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace frazil {

// The candidate nearest to `word` by edits (insert, delete, replace, swap of neighbours; case does not count), or an
// empty view when none is near enough to be what was meant.
std::string_view NearestWord(std::string_view word, std::span<const std::string_view> candidates);

// "; did you mean \"long\"?", or "" when nothing is near. To be put at the end of an error.
std::string DidYouMean(std::string_view word, std::span<const std::string_view> candidates);

}  // namespace frazil
