#include "catalog/type_words.h"

#include <fmt/format.h>

namespace frazil::catalog {

std::string TypeWords(const iceberg::Type& type, std::string (*word)(const iceberg::Type&)) {
  switch (type.kind()) {
    case iceberg::TypeKind::kStruct: {
      std::string fields;
      for (const iceberg::Field& field : type.fields()) {
        fields += fmt::format("{}{}:{}", fields.empty() ? "" : ",", field.name, TypeWords(*field.type, word));
      }
      return "struct<" + fields + ">";
    }
    case iceberg::TypeKind::kList:
      return fmt::format("array<{}>", TypeWords(*type.element().type, word));
    case iceberg::TypeKind::kMap:
      return fmt::format("map<{},{}>", TypeWords(*type.key().type, word), TypeWords(*type.value().type, word));
    default:
      return word(type);
  }
}

}  // namespace frazil::catalog
