#include "app/restarts.h"

#include <fmt/core.h>

#include <cctype>

namespace frazil::app {
namespace {

// Numbers and UUIDs, in the names of files among others, differ each time.
std::string WithoutNumbers(std::string text) {
  std::erase_if(text, [](unsigned char c) { return std::isxdigit(c) != 0 || c == '-' || c == '.'; });
  return text;
}

}  // namespace

Restarts::Plan Restarts::After(const Error& error, bool committed) {
  const std::string reason = WithoutNumbers(error.message);
  if (committed || reason != reason_) count_ = 0;
  if (committed) backoff_ = Backoff(std::chrono::seconds(1), std::chrono::seconds(60));
  reason_ = reason;
  ++count_;
  const auto wait = backoff_.Next();
  const double secs = std::chrono::duration<double>(wait).count();
  if (count_ > 1)
    return {wait, fmt::format("failed as before, {} times now; it starts again in {:.1f} s", count_, secs)};
  return {wait, fmt::format("{}. Nothing is lost; it starts again in {:.1f} s, from where the table stands",
                            error.message, secs)};
}

}  // namespace frazil::app
