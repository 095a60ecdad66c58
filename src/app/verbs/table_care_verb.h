// `frazil table properties|rename|drop`.
#pragma once

#include <CLI/App.hpp>

#include "app/verbs/verb.h"

namespace frazil::app {

void AddTableCareVerbs(CLI::App& group, Action& action);

}  // namespace frazil::app
