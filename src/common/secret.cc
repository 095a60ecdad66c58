#include "common/secret.h"

#include <algorithm>
#include <cstddef>

namespace frazil {
namespace {

bool IsLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

// True if `value` is long or mixed enough that it occurs in a text only as the secret, never by chance.
bool IsTelling(std::string_view value) {
  constexpr size_t kLong = 16;
  constexpr size_t kMixed = 6;  // bytes, if it has both letters and other characters
  const auto letters = std::count_if(value.begin(), value.end(), IsLetter);
  const bool mixed = letters > 0 && letters < static_cast<std::ptrdiff_t>(value.size());
  return value.size() >= kLong || (value.size() >= kMixed && mixed);
}

// True if text[begin, end) is a whole value: it stands in quotes, or after '=' and before a character that ends a
// value.
bool IsWholeValue(std::string_view text, size_t begin, size_t end) {
  const char before = begin > 0 ? text[begin - 1] : '\0';
  const char after = end < text.size() ? text[end] : '\0';
  if (before == '"' || before == '\'') return after == before;
  constexpr std::string_view kEnds("\0 \t\r\n&,;)]}\"'", 13);
  return before == '=' && kEnds.find(after) != kEnds.npos;
}

}  // namespace

std::string Secret::BlotFrom(std::string text) const {
  if (value_.empty()) return text;
  const bool telling = IsTelling(value_);
  for (size_t at = 0; (at = text.find(value_, at)) != std::string::npos;) {
    if (telling || IsWholeValue(text, at, at + value_.size())) {
      text.replace(at, value_.size(), kBlot);
      at += kBlot.size();
    } else {
      at += value_.size();
    }
  }
  return text;
}

}  // namespace frazil
