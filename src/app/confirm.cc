#include "app/confirm.h"

#include <fmt/core.h>
#include <unistd.h>

#include <cstdio>
#include <iostream>
#include <string>

namespace frazil::app {

bool SaysYes(std::string_view question) {
  fmt::print("\n{} [y/N] ", question);
  std::fflush(stdout);
  std::string answer;
  if (!std::getline(std::cin, answer)) fmt::print("\n");
  return answer == "y" || answer == "Y" || answer == "yes" || answer == "Yes";
}

Result<bool> Confirm(std::string_view question, bool yes) {
  if (yes) return true;
  if (isatty(STDIN_FILENO) != 1) {
    return Fail(ErrorKind::kInvalidArgument, "{} Nobody can be asked here: say --yes", question);
  }
  return SaysYes(question);
}

}  // namespace frazil::app
