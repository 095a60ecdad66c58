#include "decode/json_reason.h"

#include <fmt/core.h>

#include <vector>

#include "common/shown.h"
#include "decode/json_nothing.h"
#include "iceberg/type_text.h"

namespace frazil::decode {
namespace {

using iceberg::TypeKind;

std::string Path(const Column& object, std::string_view key) {
  const std::string above = object.FullName();
  return Shown(above.empty() ? std::string(key) : fmt::format("{}.{}", above, key));
}

// As a scalar in a YAML flow mapping.
std::string Quoted(const std::string& text) {
  const bool plain = text.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-<>") ==
                         std::string::npos &&
                     text.find_first_of("-<>") != 0;
  if (plain && !text.empty()) return text;
  std::string quoted = "'";
  for (const char c : text) quoted.append(c == '\'' ? 2 : 1, c);
  return quoted + "'";
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

// The type whose columns take such a value; nullptr for objects and arrays, whose type needs more than one value.
iceberg::TypePtr TypeFor(std::string_view token) {
  switch (token.empty() ? '\0' : token[0]) {
    case '"':
      return iceberg::Type::Primitive(TypeKind::kString);
    case 't':
    case 'f':
      return iceberg::Type::Primitive(TypeKind::kBoolean);
    case '{':
    case '[':
      return nullptr;
    default:
      return iceberg::Type::Primitive(IsFraction(token) ? TypeKind::kDouble : TypeKind::kLong);
  }
}

// Short enough for a log line, whole characters only.
std::string Preview(std::string_view token) {
  constexpr size_t kLongest = 60;
  if (token.empty() || token[0] == '{' || token[0] == '[') return {};
  return " " + Shown(token, kLongest);
}

}  // namespace

std::string PathOf(const Column& column) { return Shown(column.FullName()); }

std::string SchemaLine(const Column& column, iceberg::TypePtr wanted) {
  using iceberg::Type;
  // A nested field is declared with the whole column it is in.
  const Column* top = &column;
  for (; top->parent() && top->parent()->parent(); top = top->parent()) {
    const Column& above = *top->parent();
    std::vector<iceberg::Field> fields;
    for (size_t i = 0; i < above.child_count(); ++i) {
      fields.push_back(above.child(i).ToField());
      if (&above.child(i) != top) continue;
      fields.back().type = wanted;
      if (top == &column) fields.back().required = false;
    }
    switch (above.kind()) {
      case TypeKind::kList:
        wanted = Type::List(0, fields[0].type, fields[0].required);
        break;
      case TypeKind::kMap:
        wanted = Type::Map(0, fields[0].type, 0, fields[1].type, fields[1].required);
        break;
      default:
        wanted = Type::Struct(std::move(fields));
    }
  }
  // A line that is cut could not be written anywhere.
  constexpr size_t kLongest = 2 << 10;
  const std::string line =
      fmt::format("`schema: [{{name: {}, type: {}}}]`", Quoted(top->name()), Quoted(TypeText(*wanted)));
  if (line.size() <= kLongest) return line;
  return fmt::format("the column '{}' under `schema:` (a line of {} bytes)", Shown(top->name()), line.size());
}

std::string DoesNotFit(const Column& column, std::string_view token) {
  const std::string path = PathOf(column);
  std::string reason = fmt::format("field '{}' holds a JSON {}{}, but its column is {}", path, ClassName(token),
                                   Preview(token), TypeText(column.type()));
  const iceberg::TypePtr wanted = TypeFor(token);
  if (!wanted) return reason + "; declare a struct, list or map for it under `schema:` of the sink";
  return reason + fmt::format("; for such values declare it so: {}", SchemaLine(column, wanted));
}

std::string NotAValue(const Column& column, std::string_view token, std::string_view why) {
  const bool text = token.empty() || token[0] == '"';
  const std::string path = PathOf(column);
  return fmt::format("field '{}':{} is no {}: {}; to keep such values as they are declare it so: {}", path,
                     Preview(token), TypeText(column.type()), why,
                     SchemaLine(column, iceberg::Type::Primitive(text ? TypeKind::kString : TypeKind::kDouble)));
}

std::string BeyondInt64(const Column& column, std::string_view token) {
  const std::string path = PathOf(column);
  return fmt::format(
      "field '{}':{} is an integer beyond 64 bits, and its column is {}; to keep all its digits declare it so: {}, or "
      "send it as a string and declare it so: {}",
      path, Preview(token), TypeText(column.type()), SchemaLine(column, iceberg::Type::Decimal(38, 0)),
      SchemaLine(column, iceberg::Type::Primitive(TypeKind::kString)));
}

std::string IsRequired(const Column& column, std::string_view state) {
  const std::string path = PathOf(column);
  return fmt::format("field '{}' is {}, but its column is required; send it, or declare it so: {}", path, state,
                     SchemaLine(column, column.ToField().type));
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

std::string TooManyColumns(const Column& column, int64_t max_columns) {
  return fmt::format(
      "field '{}' has no column, and with this record the table would have more than `max_columns: {}` allows; raise "
      "it, or where keys are data declare their object as a map under `schema:`",
      PathOf(column), max_columns);
}

std::string IsMetadataColumn(std::string_view key) {
  return fmt::format(
      "field '{}' has the name of a metadata column, which Frazil fills; take it out of `metadata:` or rename the "
      "field",
      key);
}

std::string TooDeep() { return fmt::format("objects and arrays are nested deeper than {} levels", kMaxJsonDepth); }

}  // namespace frazil::decode
