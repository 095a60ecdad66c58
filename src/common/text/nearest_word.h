// Suggests the word a user probably meant.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace frazil {

// The candidate that needs the fewest edits to become `word`. An edit inserts, deletes or replaces a character, or
// swaps two neighbours. Case does not count. Returns an empty view if no candidate is close enough.
std::string_view NearestWord(std::string_view word, std::span<const std::string_view> candidates);

// "; did you mean \"long\"?", to be put at the end of an error message; "" if no candidate is close enough.
std::string DidYouMean(std::string_view word, std::span<const std::string_view> candidates);

}  // namespace frazil
