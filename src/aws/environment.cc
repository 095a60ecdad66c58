#include "aws/environment.h"

#include <cstdlib>

#include "common/text/trim.h"

namespace frazil::aws {

std::string EnvironmentOf(const char* variable) {
  const char* const text = std::getenv(variable);
  return text == nullptr ? std::string() : std::string(Trim(text));
}

}  // namespace frazil::aws
