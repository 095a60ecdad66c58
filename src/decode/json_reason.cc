#include "decode/json_reason.h"

#include <fmt/core.h>

#include "decode/json_nothing.h"
#include "iceberg/type_text.h"

namespace frazil::decode {
namespace {

using iceberg::TypeKind;

std::string Path(const Column& object, std::string_view key) {
  const std::string above = object.FullName();
  return above.empty() ? std::string(key) : fmt::format("{}.{}", above, key);
}

bool IsFraction(std::string_view number) { return number.find_first_of(".eE") != std::string_view::npos; }

std::string_view ClassName(std::string_view token) {
  switch (token.empty() ? '\0' : token[0]) {
    case '"':
      return "string";
    case 't':
    case 'f':
      return "boolean";
    case '{':
      return "object";
    case '[':
      return "array";
    default:
      return IsFraction(token) ? "fraction" : "integer";
  }
}

// The type whose columns take such a value; empty for objects and arrays, whose type needs more than one value.
std::string_view TypeFor(std::string_view token) {
  switch (token.empty() ? '\0' : token[0]) {
    case '"':
      return "string";
    case 't':
    case 'f':
      return "boolean";
    case '{':
    case '[':
      return {};
    default:
      return IsFraction(token) ? "double" : "long";
  }
}

// Short enough for a log line, whole characters only.
std::string Preview(std::string_view token) {
  constexpr size_t kLongest = 60;
  if (token.empty() || token[0] == '{' || token[0] == '[') return {};
  if (token.size() <= kLongest) return fmt::format(" {}", token);
  size_t end = kLongest;
  while (end > 0 && (static_cast<unsigned char>(token[end]) & 0xc0) == 0x80) --end;
  return fmt::format(" {}…", token.substr(0, end));
}

}  // namespace

std::string SchemaLine(std::string_view name, std::string_view type) {
  return fmt::format("`schema: [{{name: {}, type: {}}}]`", name, type);
}

std::string DoesNotFit(const Column& column, std::string_view token) {
  const std::string path = column.FullName();
  std::string reason = fmt::format("field '{}' holds a JSON {}{}, but its column is {}", path, ClassName(token),
                                   Preview(token), TypeText(column.type()));
  const std::string_view wanted = TypeFor(token);
  if (wanted.empty()) return reason + "; declare a struct, list or map for it under `schema:` of the sink";
  return reason + fmt::format("; for such values declare it so: {}", SchemaLine(path, wanted));
}

std::string NotAValue(const Column& column, std::string_view token, std::string_view why) {
  const std::string path = column.FullName();
  return fmt::format("field '{}':{} is no {}: {}; to keep such values as they are declare it so: {}", path,
                     Preview(token), TypeText(column.type()), why,
                     SchemaLine(path, token.empty() || token[0] == '"' ? "string" : "double"));
}

std::string BeyondInt64(const Column& column, std::string_view token) {
  const std::string path = column.FullName();
  return fmt::format(
      "field '{}':{} is an integer beyond 64 bits, and its column is {}; to keep all its digits declare it so: {}, or "
      "send it as a string and declare it so: {}",
      path, Preview(token), TypeText(column.type()), SchemaLine(path, "decimal(38, 0)"), SchemaLine(path, "string"));
}

std::string IsRequired(const Column& column, std::string_view state) {
  const std::string path = column.FullName();
  return fmt::format("field '{}' is {}, but its column is required; send it, or declare it so: {}", path, state,
                     SchemaLine(path, TypeText(column.type())));
}

std::string StandsTwice(const Column& object, std::string_view key) {
  return fmt::format("key '{}' stands twice in one object, so its value is ambiguous", Path(object, key));
}

std::string NotAllowedInStrictMode(const Column& object, std::string_view key) {
  return fmt::format(
      "Schema evolution not allowed in strict mode: field '{}' has no column; set `schema_evolution: add_columns`, or "
      "add the column to the table",
      Path(object, key));
}

std::string IsMetadataColumn(std::string_view key) {
  return fmt::format(
      "field '{}' has the name of a metadata column, which Frazil fills; take it out of `metadata:` or rename the "
      "field",
      key);
}

std::string TooDeep() { return fmt::format("objects and arrays are nested deeper than {} levels", kMaxJsonDepth); }

}  // namespace frazil::decode
