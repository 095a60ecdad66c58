#include "iceberg/term_text.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <utility>

#include "common/text/ascii_case.h"
#include "common/text/shown.h"

namespace frazil::iceberg {
namespace {

constexpr std::string_view kSigns = "(),";
constexpr std::string_view kSpace = " \t\r\n";

struct Word {
  std::string text;
  bool quoted = false;
  bool is_sign(char sign) const { return !quoted && text.size() == 1 && text[0] == sign; }
  bool is_name() const { return quoted || (!text.empty() && kSigns.find(text[0]) == std::string_view::npos); }
};

Result<std::vector<Word>> WordsOf(std::string_view text) {
  std::vector<Word> words;
  for (size_t at = 0; at < text.size();) {
    const char c = text[at];
    if (kSpace.find(c) != std::string_view::npos) {
      ++at;
    } else if (kSigns.find(c) != std::string_view::npos) {
      words.push_back({std::string(1, c)});
      ++at;
    } else if (c == '"' || c == '`') {
      Word word{"", /*quoted=*/true};
      for (++at;; ++at) {
        if (at >= text.size()) return Fail(ErrorKind::kInvalidArgument, "a quote {} has no end", c);
        if (text[at] == c && (++at >= text.size() || text[at] != c)) break;
        word.text += text[at];
      }
      if (word.text.empty()) return Fail(ErrorKind::kInvalidArgument, "a column's name is empty");
      words.push_back(std::move(word));
    } else {
      const size_t end = std::min(text.find_first_of(" \t\r\n(),\"`", at), text.size());
      words.push_back({std::string(text.substr(at, end - at))});
      at = end;
    }
  }
  return words;
}

struct Named {
  std::string_view word;
  TransformKind kind;
  bool wants_number = false;
};
constexpr std::array<Named, 11> kNamed = {{
    {"identity", TransformKind::kIdentity},
    {"bucket", TransformKind::kBucket, true},
    {"truncate", TransformKind::kTruncate, true},
    {"year", TransformKind::kYear},
    {"years", TransformKind::kYear},
    {"month", TransformKind::kMonth},
    {"months", TransformKind::kMonth},
    {"day", TransformKind::kDay},
    {"days", TransformKind::kDay},
    {"hour", TransformKind::kHour},
    {"hours", TransformKind::kHour},
}};

class Parser {
 public:
  explicit Parser(std::vector<Word> words) : words_(std::move(words)) {}

  bool at_end() const { return at_ == words_.size(); }
  bool TakeSign(char sign) {
    if (at_end() || !words_[at_].is_sign(sign)) return false;
    ++at_;
    return true;
  }
  bool TakeWord(std::string_view word) {
    if (at_end() || words_[at_].quoted || !EqualsIgnoringCase(words_[at_].text, word)) return false;
    ++at_;
    return true;
  }

  Result<TransformTerm> Term() {
    FRAZIL_ASSIGN_OR_RETURN(Word first, Name("a column or a transform"));
    if (!TakeSign('(')) return TransformTerm{std::move(first.text), {}};
    const auto* named = std::find_if(kNamed.begin(), kNamed.end(),
                                     [&](const Named& one) { return EqualsIgnoringCase(first.text, one.word); });
    if (named == kNamed.end()) {
      return Fail(ErrorKind::kInvalidArgument,
                  "there is no transform '{}'; expected identity, bucket, truncate, year, month, day or hour",
                  Shown(first.text));
    }
    TransformTerm term{"", {named->kind, 0, ""}};
    FRAZIL_ASSIGN_OR_RETURN(Word argument, Name(named->wants_number ? "a number or a column" : "a column"));
    if (named->wants_number) {
      if (!TakeSign(',')) {
        return Fail(ErrorKind::kInvalidArgument, "{} wants a number and a column, as in {}(16, id), not only '{}'",
                    named->word, named->word, Shown(argument.text));
      }
      FRAZIL_ASSIGN_OR_RETURN(Word other, Name("a column"));
      // The specification and Spark write "bucket(16, id)"; Trino writes "bucket(id, 16)".
      auto number = NumberIn(argument);
      if (!number) {
        number = NumberIn(other);
        std::swap(argument, other);
      }
      if (!number) {
        return Fail(ErrorKind::kInvalidArgument,
                    "{} wants a whole number of at least 1 beside its column, as in {}(16, id)", named->word,
                    named->word);
      }
      term.transform.parameter = *number;
      argument = std::move(other);
    }
    term.column = std::move(argument.text);
    if (!TakeSign(')')) {
      return Fail(ErrorKind::kInvalidArgument, "{} is not closed by ')' behind '{}'", named->word, Shown(term.column));
    }
    return term;
  }

  Result<SortTerm> Sort() {
    SortTerm sort;
    FRAZIL_ASSIGN_OR_RETURN(sort.term, Term());
    if (TakeWord("desc")) {
      sort.ascending = sort.nulls_first = false;
    } else {
      (void)TakeWord("asc");
    }
    if (!TakeWord("nulls")) return sort;
    sort.nulls_first = TakeWord("first");
    if (!sort.nulls_first && !TakeWord("last")) {
      return Fail(ErrorKind::kInvalidArgument, "'nulls' is followed by first or last");
    }
    return sort;
  }

  // Expects the end of a term.
  Status Separator() {
    if (at_end()) return {};
    if (!TakeSign(',')) {
      return Fail(ErrorKind::kInvalidArgument, "expected a comma before '{}'", Shown(words_[at_].text));
    }
    if (at_end()) return Fail(ErrorKind::kInvalidArgument, "nothing follows the last comma");
    return {};
  }

 private:
  Result<Word> Name(std::string_view what) {
    if (at_end()) return Fail(ErrorKind::kInvalidArgument, "{} is missing at the end", what);
    if (!words_[at_].is_name()) {
      return Fail(ErrorKind::kInvalidArgument, "expected {}, found '{}'", what, words_[at_].text);
    }
    return words_[at_++];
  }

  static std::optional<int32_t> NumberIn(const Word& word) {
    int32_t number = 0;
    const char* end = word.text.data() + word.text.size();
    const auto [read, error] = std::from_chars(word.text.data(), end, number);
    if (word.quoted || error != std::errc() || read != end || number < 1) return std::nullopt;
    return number;
  }

  std::vector<Word> words_;
  size_t at_ = 0;
};

template <class Term, class Next>
Result<std::vector<Term>> ParseTerms(std::string_view text, Next next) {
  FRAZIL_ASSIGN_OR_RETURN(auto words, WordsOf(text));
  Parser parser(std::move(words));
  std::vector<Term> terms;
  do {
    FRAZIL_ASSIGN_OR_RETURN(terms.emplace_back(), next(parser));
    FRAZIL_RETURN_IF_ERROR(parser.Separator());
  } while (!parser.at_end());
  return terms;
}

std::string Quoted(const std::string& name) {
  if (name.find_first_of(" \t\r\n(),\"`") == std::string::npos) return name;
  std::string quoted = "\"";
  for (const char c : name) quoted.append(c == '"' ? 2 : 1, c);
  return quoted + '"';
}

}  // namespace

Result<std::vector<TransformTerm>> ParseTransformTerms(std::string_view text) {
  return ParseTerms<TransformTerm>(text, [](Parser& parser) { return parser.Term(); });
}

Result<std::vector<SortTerm>> ParseSortTerms(std::string_view text) {
  return ParseTerms<SortTerm>(text, [](Parser& parser) { return parser.Sort(); });
}

std::string ToString(const TransformTerm& term) {
  const std::string column = Quoted(term.column);
  switch (term.transform.kind) {
    case TransformKind::kIdentity:
      return column;
    case TransformKind::kBucket:
      return fmt::format("bucket({}, {})", term.transform.parameter, column);
    case TransformKind::kTruncate:
      return fmt::format("truncate({}, {})", term.transform.parameter, column);
    default:
      return fmt::format("{}({})", term.transform.ToString(), column);
  }
}

std::string ToString(const SortTerm& sort) {
  std::string text = ToString(sort.term);
  if (!sort.ascending) text += " desc";
  if (sort.nulls_first != sort.ascending) text += sort.nulls_first ? " nulls first" : " nulls last";
  return text;
}

}  // namespace frazil::iceberg
