// What `frazil verify` prints, as JSON and as text for people.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "catalog/catalog.h"
#include "ops/verify.h"

namespace frazil::app {

nlohmann::ordered_json VerifyJson(const catalog::TableIdent& ident, const ops::VerifyReport& report);
// Makes text of what VerifyJson returns. The last line is the verdict.
std::string VerifyText(const nlohmann::ordered_json& report);

}  // namespace frazil::app
