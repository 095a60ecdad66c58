// Environment variables.
#pragma once

#include <string>

namespace frazil::aws {

// The variable's value without surrounding blanks; empty if it is not set.
std::string EnvironmentOf(const char* variable);

}  // namespace frazil::aws
