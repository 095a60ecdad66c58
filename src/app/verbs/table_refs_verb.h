// `frazil table branch|tag|publish|rollback`.
#pragma once

#include <CLI/App.hpp>

#include "app/verbs/verb.h"

namespace frazil::app {

void AddTableRefVerbs(CLI::App& group, Action& action);

}  // namespace frazil::app
