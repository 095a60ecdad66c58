#include "common/text/case_fold.h"

#include <climits>
#include <clocale>
#include <cwchar>
#include <cwctype>

#include "common/text/ascii_case.h"

namespace frazil {
namespace {

// While this object lives, the thread uses the locale C.UTF-8, whatever the locale of the process is.
class Utf8Locale {
 public:
  Utf8Locale() : before_(shared() == nullptr ? nullptr : uselocale(shared())) {}
  ~Utf8Locale() {
    if (before_ != nullptr) uselocale(before_);
  }
  Utf8Locale(const Utf8Locale&) = delete;
  Utf8Locale& operator=(const Utf8Locale&) = delete;

  bool is_there() const { return before_ != nullptr; }

 private:
  static locale_t shared() {
    static const locale_t utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
    return utf8;
  }
  const locale_t before_;
};

}  // namespace

std::string FoldCase(std::string_view text) {
  const Utf8Locale locale;
  if (!locale.is_there()) return Lower(text);
  std::string folded;
  std::mbstate_t in{};
  std::mbstate_t out{};
  for (size_t i = 0; i < text.size();) {
    wchar_t letter = 0;
    const size_t length = std::mbrtowc(&letter, text.data() + i, text.size() - i, &in);
    char bytes[MB_LEN_MAX];
    const size_t written = length > text.size() - i || length == 0
                               ? static_cast<size_t>(-1)
                               : std::wcrtomb(bytes, static_cast<wchar_t>(std::towlower(letter)), &out);
    if (written == static_cast<size_t>(-1)) {
      folded += text[i++];
      in = {};
      out = {};
      continue;
    }
    folded.append(bytes, written);
    i += length;
  }
  return folded;
}

}  // namespace frazil
