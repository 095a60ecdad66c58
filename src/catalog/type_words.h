// Iceberg's types as a Hive Metastore and AWS Glue write them: "struct<a:int,b:array<string>>".
#pragma once

#include <string>

#include "iceberg/type.h"

namespace frazil::catalog {

// `word` returns the text of a type that is not nested.
std::string TypeWords(const iceberg::Type& type, std::string (*word)(const iceberg::Type&));

}  // namespace frazil::catalog
