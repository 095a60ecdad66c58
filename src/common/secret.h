// A string that must never be shown, such as a password or a token. Formatting and streaming print "***". Only Reveal
// returns the value.
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
  Secret(std::string value) : value_(std::move(value)) {}  // NOLINT: implicit, so that any string can become a secret
  Secret(const char* value) : value_(value) {}             // NOLINT

  const std::string& Reveal() const { return value_; }  // only for sending the value to its server
  bool empty() const { return value_.empty(); }
  bool operator==(const Secret&) const = default;

  // `text` with this secret replaced by "***". For messages of servers and libraries, which may repeat what they were
  // given. A short or word-like secret is replaced only where it is a whole value (in quotes or after '='). With the
  // secret "port", replacing every occurrence would turn "support" into "sup***", and the reader could guess the
  // secret.
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
