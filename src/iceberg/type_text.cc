#include "iceberg/type_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "common/text/ascii_case.h"

namespace frazil::iceberg {
namespace {

constexpr int kDeepest = 64;  // levels of nesting; beyond it nobody means what they wrote

bool IsSpace(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
bool IsBare(char c) {
  return (LowerOf(c) >= 'a' && LowerOf(c) <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
         static_cast<unsigned char>(c) >= 0x80;
}

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  Result<TypePtr> Whole() {
    FRAZIL_ASSIGN_OR_RETURN(auto type, ParseType(0));
    SkipSpaces();
    if (at_ != text_.size()) return Expected("the end of the type");
    return type;
  }

 private:
  tl::unexpected<Error> FailAt(size_t place, std::string_view what) const {
    return Fail(ErrorKind::kInvalidArgument, "at character {} of type \"{}\": {}", place + 1, text_, what);
  }
  tl::unexpected<Error> Expected(std::string_view what) const {
    const auto found = at_ < text_.size() ? fmt::format("\"{}\"", text_[at_]) : std::string("the end");
    return FailAt(at_, fmt::format("expected {}, found {}", what, found));
  }

  void SkipSpaces() {
    while (at_ < text_.size() && IsSpace(text_[at_])) ++at_;
  }
  bool Accept(char c) {
    SkipSpaces();
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  Status Expect(char c, std::string_view after) {
    if (Accept(c)) return {};
    return Expected(fmt::format("\"{}\" after {}", c, after));
  }

  // The unquoted word at the current position, in lower case. at_ does not move.
  std::string PeekWord() {
    SkipSpaces();
    size_t end = at_;
    while (end < text_.size() && IsBare(text_[end])) ++end;
    return Lower(text_.substr(at_, end - at_));
  }

  bool AcceptNeed() {
    const auto word = PeekWord();
    if (word != "required" && word != "optional") return false;
    at_ += word.size();
    return word == "required";
  }

  Result<TypePtr> ParseType(int depth) {
    if (depth > kDeepest) return FailAt(at_, fmt::format("more than {} levels of nesting", kDeepest));
    const auto word = PeekWord();
    const size_t start = at_;
    at_ += word.size();
    if (!Accept('<')) {
      at_ = start;
      return ParsePrimitive();
    }
    if (word == "struct") return ParseStruct(depth);
    if (word == "list") return ParseList(depth);
    if (word == "map") return ParseMap(depth);
    const std::string_view hint = word == "array" ? "; did you mean \"list\"?"
                                  : word == "row" ? "; did you mean \"struct\"?"
                                                  : "";
    return FailAt(start, fmt::format("expected struct, list or map before \"<\", found \"{}\"{}", word, hint));
  }

  Result<TypePtr> ParsePrimitive() {
    SkipSpaces();
    const size_t start = at_;
    int open = 0;  // the comma of decimal(9, 2) is no separator
    for (; at_ < text_.size(); ++at_) {
      const char c = text_[at_];
      if (c == '(' || c == '[') ++open;
      if (c == ')' || c == ']') --open;
      if (open <= 0 && (c == ',' || c == '>' || c == '<')) break;
    }
    std::string word(text_.substr(start, at_ - start));
    while (!word.empty() && IsSpace(word.back())) word.pop_back();
    if (word.empty()) {
      at_ = start;
      return Expected("a type");
    }
    auto type = ParsePrimitiveType(word);
    if (!type) return FailAt(start, type.error().message);
    return type;
  }

  Result<std::string> ParseName() {
    SkipSpaces();
    const size_t start = at_;
    if (at_ < text_.size() && text_[at_] == '`') {
      std::string name;
      do {  // a backtick in the name is written twice
        const size_t close = text_.find('`', at_ + 1);
        if (close == std::string_view::npos) return FailAt(start, "the name has no closing backtick");
        if (at_ != start) name.push_back('`');
        name.append(text_.substr(at_ + 1, close - at_ - 1));
        at_ = close + 1;
      } while (at_ < text_.size() && text_[at_] == '`');
      if (name.empty()) return FailAt(start, "the name is empty");
      return name;
    }
    while (at_ < text_.size() && IsBare(text_[at_])) ++at_;
    if (at_ == start) return Expected("a field name");
    return std::string(text_.substr(start, at_ - start));
  }

  Result<TypePtr> ParseStruct(int depth) {
    std::vector<Field> fields;
    do {
      SkipSpaces();
      const size_t start = at_;
      Field field;
      FRAZIL_ASSIGN_OR_RETURN(field.name, ParseName());
      const bool twice =
          std::any_of(fields.begin(), fields.end(), [&](const Field& f) { return f.name == field.name; });
      if (twice) return FailAt(start, fmt::format("field \"{}\" stands in this struct already", field.name));
      FRAZIL_RETURN_IF_ERROR(Expect(':', "the field name"));
      field.required = AcceptNeed();
      FRAZIL_ASSIGN_OR_RETURN(field.type, ParseType(depth + 1));
      fields.push_back(std::move(field));
    } while (Accept(','));
    FRAZIL_RETURN_IF_ERROR(Expect('>', "the fields"));
    return Type::Struct(std::move(fields));
  }

  Result<TypePtr> ParseList(int depth) {
    const bool required = AcceptNeed();
    FRAZIL_ASSIGN_OR_RETURN(auto element, ParseType(depth + 1));
    FRAZIL_RETURN_IF_ERROR(Expect('>', "the element type"));
    return Type::List(0, std::move(element), required);
  }

  Result<TypePtr> ParseMap(int depth) {
    AcceptNeed();  // a map's key is always required
    FRAZIL_ASSIGN_OR_RETURN(auto key, ParseType(depth + 1));
    FRAZIL_RETURN_IF_ERROR(Expect(',', "the key type"));
    const bool required = AcceptNeed();
    FRAZIL_ASSIGN_OR_RETURN(auto value, ParseType(depth + 1));
    FRAZIL_RETURN_IF_ERROR(Expect('>', "the value type"));
    return Type::Map(0, std::move(key), 0, std::move(value), required);
  }

  std::string_view text_;
  size_t at_ = 0;
};

std::string NameText(const std::string& name) {
  const bool bare = !name.empty() && std::all_of(name.begin(), name.end(), IsBare);
  if (bare) return name;
  std::string quoted = "`";
  for (const char c : name) quoted.append(c == '`' ? 2 : 1, c);
  return quoted + "`";
}

std::string NeedText(const Field& field) { return (field.required ? "required " : "") + TypeText(*field.type); }

}  // namespace

Result<TypePtr> ParseTypeText(std::string_view text) { return Parser(text).Whole(); }

std::string TypeText(const Type& type) {
  switch (type.kind()) {
    case TypeKind::kStruct: {
      std::vector<std::string> fields;
      for (const auto& field : type.fields()) {
        fields.push_back(fmt::format("{}: {}", NameText(field.name), NeedText(field)));
      }
      return fmt::format("struct<{}>", fmt::join(fields, ", "));
    }
    case TypeKind::kList:
      return fmt::format("list<{}>", NeedText(type.element()));
    case TypeKind::kMap:
      return fmt::format("map<{}, {}>", TypeText(*type.key().type), NeedText(type.value()));
    default:
      return type.ToString();
  }
}

}  // namespace frazil::iceberg
