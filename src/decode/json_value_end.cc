#include "decode/json_value_end.h"

#include <string_view>

#include "decode/json_input.h"
#include "decode/json_nothing.h"

namespace frazil::decode {
namespace {

class Walker {
 public:
  Walker(const char* end, bool& too_deep) : end_(end), too_deep_(too_deep) {}

  // All functions return where what they read ends, or nullptr.
  const char* Value(const char* at, int depth) {
    if (at >= end_) return nullptr;
    switch (*at) {
      case '{':
      case '[':
        if (depth < kMaxJsonDepth) return *at == '{' ? Members(at + 1, depth + 1) : Elements(at + 1, depth + 1);
        too_deep_ = true;
        return nullptr;
      case '"':
        return String(at + 1);
      case 't':
        return Word(at, "true");
      case 'f':
        return Word(at, "false");
      case 'n':
        return Word(at, "null");
      default:
        return Number(at);
    }
  }

 private:
  const char* SkipSpace(const char* at) const {
    while (at < end_ && (*at == ' ' || *at == '\n' || *at == '\t' || *at == '\r')) ++at;
    return at;
  }
  bool Is(const char* at, char c) const { return at != nullptr && at < end_ && *at == c; }

  const char* Members(const char* at, int depth) {
    at = SkipSpace(at);
    if (Is(at, '}')) return at + 1;
    for (;; at = SkipSpace(at + 1)) {
      const char* key = Is(at, '"') ? String(at + 1) : nullptr;
      if (key == nullptr) return nullptr;
      key = SkipSpace(key);
      if (!Is(key, ':')) return nullptr;
      at = Value(SkipSpace(key + 1), depth);
      if (at == nullptr) return nullptr;
      at = SkipSpace(at);
      if (!Is(at, ',')) return Is(at, '}') ? at + 1 : nullptr;
    }
  }

  const char* Elements(const char* at, int depth) {
    at = SkipSpace(at);
    if (Is(at, ']')) return at + 1;
    for (;; at = SkipSpace(at + 1)) {
      at = Value(at, depth);
      if (at == nullptr) return nullptr;
      at = SkipSpace(at);
      if (!Is(at, ',')) return Is(at, ']') ? at + 1 : nullptr;
    }
  }

  const char* String(const char* at) const {
    for (; at < end_; ++at) {
      if (*at == '"') return at + 1;
      if (*at != '\\') continue;
      if (++at >= end_) return nullptr;
      if (*at == 'u') {
        for (int i = 0; i < 4; ++i) {
          if (++at >= end_ || std::string_view("0123456789abcdefABCDEF").find(*at) == std::string_view::npos)
            return nullptr;
        }
      } else if (std::string_view("\"\\/bfnrt").find(*at) == std::string_view::npos) {
        return nullptr;
      }
    }
    return nullptr;
  }

  const char* Word(const char* at, std::string_view word) const {
    return std::string_view(at, static_cast<size_t>(end_ - at)).starts_with(word) ? at + word.size() : nullptr;
  }

  const char* Number(const char* at) const {
    const char* past = at;
    while (past < end_ && ((*past >= '0' && *past <= '9') || *past == '-' || *past == '+' || *past == '.' ||
                           *past == 'e' || *past == 'E')) {
      ++past;
    }
    bool integer = false;
    return IsJsonNumber({at, static_cast<size_t>(past - at)}, &integer) ? past : nullptr;
  }

  const char* const end_;
  bool& too_deep_;
};

}  // namespace

const char* JsonValueEnd(const char* at, const char* end, int depth, bool& too_deep) {
  return Walker(end, too_deep).Value(at, depth);
}

}  // namespace frazil::decode
