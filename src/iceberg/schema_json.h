// Schemas and types as JSON (spec, appendix C). Parse functions are kCorrupt for malformed JSON.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "common/result.h"
#include "iceberg/schema.h"

namespace frazil::iceberg {

nlohmann::json ToJson(const Schema& schema);
nlohmann::json ToJson(const Type& type);
Result<SchemaPtr> ParseSchema(const nlohmann::json& json);
Result<TypePtr> ParseType(const nlohmann::json& json);

}  // namespace frazil::iceberg
