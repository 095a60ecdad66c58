// `frazil schema`: the configuration's keys as a JSON Schema, by which editors complete and check a file.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "app/config_key.h"

namespace frazil::app {

// Draft 7, which is what editors know. Variables (${NAME}) are let through wherever a value may stand. What keys have
// to do with each other, and what only a parser can tell of a text, it does not say.
nlohmann::ordered_json JsonSchema(const KeyTable& root);

}  // namespace frazil::app
