// A string that must not be seen: credentials, tokens. Formatting and streaming it give "***"; only Reveal gives it
// out.
#pragma once

#include <fmt/format.h>

#include <ostream>
#include <string>
#include <string_view>
#include <utility>

namespace frazil {

class Secret {
 public:
  Secret() = default;
  Secret(std::string value) : value_(std::move(value)) {}  // NOLINT: a plain string may become secret at any time
  Secret(const char* value) : value_(value) {}             // NOLINT

  const std::string& Reveal() const { return value_; }  // to put it on the wire, nowhere else
  bool empty() const { return value_.empty(); }
  bool operator==(const Secret&) const = default;

  // `text` with this secret blotted out: for words that come from elsewhere and may repeat what they were given. A
  // secret that is short, or a word, is blotted out as a whole value only (in quotes, behind "="): holes in words that
  // everybody knows would spell it.
  std::string BlotFrom(std::string text) const;

  static constexpr std::string_view kBlot = "***";

 private:
  std::string value_;
};

inline std::ostream& operator<<(std::ostream& out, const Secret& secret) {
  return out << (secret.empty() ? std::string_view() : Secret::kBlot);
}

}  // namespace frazil

template <>
struct fmt::formatter<frazil::Secret> : fmt::formatter<std::string_view> {
  template <class Context>
  auto format(const frazil::Secret& secret, Context& context) const {
    return fmt::formatter<std::string_view>::format(secret.empty() ? std::string_view() : frazil::Secret::kBlot,
                                                    context);
  }
};
