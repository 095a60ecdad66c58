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

  // `text` with this secret blotted out: for words that come from elsewhere and may repeat what they were given.
  std::string BlotFrom(std::string text) const {
    if (value_.empty()) return text;
    for (size_t at = 0; (at = text.find(value_, at)) != std::string::npos; at += kBlot.size()) {
      text.replace(at, value_.size(), kBlot);
    }
    return text;
  }

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
