#include "app/restarts.h"

#include <fmt/core.h>

#include <cctype>

namespace frazil::app {
namespace {

constexpr int kReminderEvery = 10;

// Numbers and UUIDs, for example in file names, differ at each failure. Without them equal failures compare equal.
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
  const std::string again = fmt::format("it starts again in {:.1f} s", secs);
  if (count_ == 1) {
    return {wait, fmt::format("{}. Nothing is lost; {}, from where the table stands", error.message, again), count_};
  }
  // A reader who sees only the end of the log must find the reason there.
  const std::string reminder = count_ % kReminderEvery == 0 ? fmt::format(" ({})", error.message) : std::string();
  return {wait, fmt::format("failed as before, {} times now; {}{}", count_, again, reminder), count_};
}

}  // namespace frazil::app
