// Removes characters from both ends of a text: white space unless the caller names others.
#pragma once

#include <algorithm>
#include <string_view>

namespace frazil {

inline std::string_view Trim(std::string_view text, std::string_view around = " \t\r\n") {
  text.remove_prefix(std::min(text.find_first_not_of(around), text.size()));
  text.remove_suffix(text.size() - std::min(text.find_last_not_of(around) + 1, text.size()));
  return text;
}

}  // namespace frazil
