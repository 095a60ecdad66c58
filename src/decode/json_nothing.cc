#include "decode/json_nothing.h"

#include <bitset>
#include <cstddef>

namespace frazil::decode {
namespace {

constexpr std::string_view kNull = "null";

bool IsSpace(char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r'; }
bool IsHex(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }
bool EndsWord(char c) { return IsSpace(c) || c == ',' || c == '}' || c == ']'; }

class Scanner {
 public:
  Scanner(std::string_view text, int depth) : text_(text), outer_(depth) {}

  JsonContent Scan() {
    for (;;) {
      // Expects a value.
      SkipSpace();
      switch (Peek()) {
        case '{':
        case '[':
          if (!Open()) return JsonContent::kTooDeep;
          SkipSpace();
          if (Peek() == (in_object_[open_] ? '}' : ']')) break;  // empty: closed below
          if (in_object_[open_] && !SkipKey()) return JsonContent::kMalformed;
          continue;
        case 'n':
          if (text_.substr(at_, kNull.size()) != kNull) return JsonContent::kMalformed;
          at_ += kNull.size();
          if (at_ < text_.size() && !EndsWord(text_[at_])) return JsonContent::kMalformed;
          break;
        case '"':
        case '-':
        case 't':
        case 'f':
        case '0':
        case '1':
        case '2':
        case '3':
        case '4':
        case '5':
        case '6':
        case '7':
        case '8':
        case '9':
          return JsonContent::kSomething;
        default:
          return JsonContent::kMalformed;
      }
      // After a value: closes arrays and objects that end here, up to a comma.
      for (;;) {
        if (open_ == 0) return JsonContent::kNothing;
        SkipSpace();
        const char next = Peek();
        ++at_;
        if (next == (in_object_[open_] ? '}' : ']')) {
          --open_;
          continue;
        }
        if (next != ',') return JsonContent::kMalformed;
        SkipSpace();
        if (in_object_[open_] && !SkipKey()) return JsonContent::kMalformed;
        break;
      }
    }
  }

 private:
  char Peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  void SkipSpace() {
    while (at_ < text_.size() && IsSpace(text_[at_])) ++at_;
  }
  bool Open() {
    if (outer_ + static_cast<int>(open_) >= kMaxJsonDepth) return false;
    in_object_[++open_] = text_[at_++] == '{';
    return true;
  }
  // Skips a string and its colon. simdjson's first stage has already checked control characters and UTF-8.
  bool SkipKey() {
    if (Peek() != '"') return false;
    for (++at_; Peek() != '"'; ++at_) {
      if (at_ >= text_.size()) return false;
      if (text_[at_] == '\\' && !SkipEscape()) return false;
    }
    ++at_;
    SkipSpace();
    if (Peek() != ':') return false;
    ++at_;
    return true;
  }
  // The caller skips the last byte of the escape.
  bool SkipEscape() {
    ++at_;
    if (Peek() == 'u') {
      for (int i = 0; i < 4; ++i) {
        ++at_;
        if (!IsHex(Peek())) return false;
      }
      return true;
    }
    return at_ < text_.size() && std::string_view("\"\\/bfnrt").find(text_[at_]) != std::string_view::npos;
  }

  std::string_view text_;
  int outer_;
  size_t at_ = 0;
  size_t open_ = 0;                           // objects and arrays that are open
  std::bitset<kMaxJsonDepth + 1> in_object_;  // [1..open_]
};

}  // namespace

JsonContent ScanContent(std::string_view text, int depth) { return Scanner(text, depth).Scan(); }

}  // namespace frazil::decode
