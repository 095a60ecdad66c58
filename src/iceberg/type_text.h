// Types as people write them in configuration: Iceberg's names, nested types without field ids.
//
//   type   := primitive | "struct<" field {"," field} ">" | "list<" [need] type ">" | "map<" type "," [need] type ">"
//   field  := name ":" [need] type        in backticks where it holds other signs than letters, digits, _ and -
//   need   := "required" | "optional"     optional is the default
//
// Spaces do not count, case of words does not either: "struct<a: int, `b c`: list<decimal(9, 2)>>".
#pragma once

#include <string>
#include <string_view>

#include "common/result.h"
#include "iceberg/type.h"

namespace frazil::iceberg {

// Ids are 0. kInvalidArgument says at which character of the text what was expected.
Result<TypePtr> ParseTypeText(std::string_view text);

// The text that ParseTypeText reads back to the same type, ids aside.
std::string TypeText(const Type& type);

}  // namespace frazil::iceberg
