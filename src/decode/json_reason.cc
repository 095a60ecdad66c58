#include "decode/json_reason.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "common/decimal.h"
#include "common/text/shown.h"
#include "decode/column_reason.h"
#include "decode/json_input.h"
#include "decode/json_nothing.h"
#include "decode/json_scan.h"
#include "iceberg/schema_update.h"
#include "iceberg/type_text.h"

namespace frazil::decode {
namespace {

using iceberg::TypeKind;

// `text` as a scalar in a YAML flow mapping.
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

iceberg::TypePtr Primitive(TypeKind kind) { return iceberg::Type::Primitive(kind); }

// A decimal type that holds all digits of a number, with at least as many digits before and after the point as `column`
// if that is a decimal; nullptr if there is none.
iceberg::TypePtr DecimalFor(const Column& column, std::string_view number) {
  int scale = column.kind() == TypeKind::kDecimal ? column.type().scale() : 0;
  auto unscaled = ParseDecimal(number, scale);
  while (!unscaled && scale < kMaxDecimalDigits) unscaled = ParseDecimal(number, ++scale);
  if (!unscaled) return nullptr;
  if (column.kind() != TypeKind::kDecimal) return iceberg::Type::Decimal(kMaxDecimalDigits, scale);
  int precision = column.type().precision() + scale - column.type().scale();
  while (precision < kMaxDecimalDigits && !FitsPrecision(*unscaled, precision)) ++precision;
  return precision > kMaxDecimalDigits ? nullptr : iceberg::Type::Decimal(precision, scale);
}

// A type that holds such a value. nullptr for objects and arrays, whose type needs more than one value, and for numbers
// that no type holds.
iceberg::TypePtr TypeFor(const Column& column, std::string_view token) {
  switch (token.empty() ? '\0' : token[0]) {
    case '"':
      return Primitive(TypeKind::kString);
    case 't':
    case 'f':
      return Primitive(TypeKind::kBoolean);
    case '{':
    case '[':
      return nullptr;
    default:
      break;
  }
  if (column.kind() == TypeKind::kDecimal) return DecimalFor(column, token);
  if (!IsFraction(token)) return FitsInt64(token) ? Primitive(TypeKind::kLong) : DecimalFor(column, token);
  double number = 0;
  return TakeDouble(token.data(), token.data() + token.size(), number) != nullptr && std::isfinite(number)
             ? Primitive(TypeKind::kDouble)
             : nullptr;
}

// The text, shortened for a log line at a character boundary.
std::string Preview(std::string_view token) {
  constexpr size_t kLongest = 60;
  if (token.empty() || token[0] == '{' || token[0] == '[') return {};
  return " " + Shown(token, kLongest);
}

// The declaration of the top-level column that contains `column`, with `wanted` as the type of `column`.
std::string Declared(const Column& column, iceberg::TypePtr wanted) {
  using iceberg::Type;
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
  return fmt::format("{{name: {}, type: {}}}", Quoted(top->name()), Quoted(TypeText(*wanted)));
}

// The nearest column or struct field that contains `column` and can be renamed.
const Column& Named(const Column& column) {
  const Column* named = &column;
  while (named->parent() != nullptr && named->parent()->kind() != TypeKind::kStruct) named = named->parent();
  return *named;
}

// How to get a column that holds such values. `wanted` is null if the values themselves determine the type.
std::string Advice(const Column& column, const iceberg::TypePtr& wanted) {
  // A shortened line would be useless, so a longer one is left out.
  constexpr size_t kLongest = 2 << 10;
  const Column& named = Named(column);
  std::string declared = wanted == nullptr ? "" : Declared(column, wanted);
  const bool too_long = declared.size() > kLongest;
  if (wanted != nullptr && iceberg::CanPromote(column.type(), *wanted)) {
    return too_long
               ? fmt::format("for such values declare '{}' as {} under `schema:`", PathOf(column), TypeText(*wanted))
               : fmt::format("for such values declare it so: `schema: [{}]`", declared);
  }
  if (wanted == nullptr) {
    declared = fmt::format("a struct, list or map for '{}'", PathOf(named));
  } else {
    declared = too_long ? fmt::format("'{}' as {}", PathOf(column), TypeText(*wanted)) : "`" + declared + "`";
  }
  return fmt::format(
      "a column cannot become another type: for such values declare {} under `schema:` and feed a new table, or first "
      "rename this table's column '{}'{} with another engine",
      declared, PathOf(named), named.required() ? " and make it optional" : "");
}

// The advice if no type holds the value.
std::string SendAsString(const Column& column) {
  return "no type of Iceberg's holds it as a number: send it as a string; " +
         Advice(column, Primitive(TypeKind::kString));
}

}  // namespace

std::string DoesNotFit(const Column& column, std::string_view token) {
  const iceberg::TypePtr wanted = TypeFor(column, token);
  const bool nested = !token.empty() && (token[0] == '{' || token[0] == '[');
  return fmt::format("field '{}' holds a JSON {}{}, but its column is {}; {}", PathOf(column), ClassName(token),
                     Preview(token), TypeText(column.type()),
                     wanted == nullptr && !nested ? SendAsString(column) : Advice(column, wanted));
}

std::string NotAValue(const Column& column, std::string_view token, std::string_view why) {
  const iceberg::TypePtr wanted = TypeFor(column, token.empty() ? "\"" : token);
  return fmt::format("field '{}':{} is no {}: {}; {}", PathOf(column), Preview(token), TypeText(column.type()), why,
                     wanted == nullptr ? SendAsString(column) : Advice(column, wanted));
}

std::string BeyondInt64(const Column& column, std::string_view token) {
  const iceberg::TypePtr wanted = TypeFor(column, token);
  return fmt::format("field '{}':{} is an integer beyond 64 bits, and its column is {}; {}", PathOf(column),
                     Preview(token), TypeText(column.type()),
                     wanted == nullptr ? SendAsString(column) : Advice(column, wanted));
}

std::string StandsTwice(const Column& object, std::string_view key) {
  return fmt::format("key '{}' stands twice in one object, so its value is ambiguous", PathOf(object, key));
}

std::string TooDeep() { return fmt::format("objects and arrays are nested deeper than {} levels", kMaxJsonDepth); }

}  // namespace frazil::decode
