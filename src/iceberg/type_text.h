// Types as users write them in a configuration: Iceberg's names, and nested types without field ids.
//
//   type   := primitive | "struct<" field {"," field} ">" | "list<" [need] type ">" | "map<" type "," [need] type ">"
//   field  := name ":" [need] type        in backticks where it holds other signs than letters, digits, _ and -
//   need   := "required" | "optional"     optional is the default
//
// Spaces and the case of words are ignored: "struct<a: int, `b c`: list<decimal(9, 2)>>".
#pragma once

#include <string>
#include <string_view>

#include "common/result.h"
#include "iceberg/type.h"

namespace frazil::iceberg {

// All ids in the result are 0. kInvalidArgument says what was expected, and at which character.
Result<TypePtr> ParseTypeText(std::string_view text);

// A text that ParseTypeText parses to the same type, apart from ids.
std::string TypeText(const Type& type);

}  // namespace frazil::iceberg
