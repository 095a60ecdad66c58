#include "iceberg/type.h"

#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "common/decimal.h"
#include "common/text/ascii_case.h"
#include "common/text/nearest_word.h"
#include "common/text/trim.h"

namespace frazil::iceberg {
namespace {

constexpr std::array<std::pair<std::string_view, TypeKind>, 17> kPlain = {{
    {"boolean", TypeKind::kBoolean},
    {"int", TypeKind::kInt},
    {"long", TypeKind::kLong},
    {"float", TypeKind::kFloat},
    {"double", TypeKind::kDouble},
    {"date", TypeKind::kDate},
    {"time", TypeKind::kTime},
    {"timestamp", TypeKind::kTimestamp},
    {"timestamptz", TypeKind::kTimestampTz},
    {"timestamp_ns", TypeKind::kTimestampNs},
    {"timestamptz_ns", TypeKind::kTimestampTzNs},
    {"string", TypeKind::kString},
    {"uuid", TypeKind::kUuid},
    {"binary", TypeKind::kBinary},
    {"unknown", TypeKind::kUnknown},
    {"variant", TypeKind::kVariant},
    {"geometry", TypeKind::kGeometry},
}};

std::optional<int> ParseNumber(std::string_view text) {
  text = Trim(text);
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < 0) return std::nullopt;
  return value;
}

// The inner text of "name(inner)" or "name[inner]".
std::optional<std::string_view> Inner(std::string_view text, std::string_view name, char open, char close) {
  if (!text.starts_with(name)) return std::nullopt;
  const auto rest = Trim(text.substr(name.size()));
  if (rest.size() < 2 || rest.front() != open || rest.back() != close) return std::nullopt;
  return rest.substr(1, rest.size() - 2);
}

Result<TypePtr> ParseDecimalType(std::string_view inner) {
  const auto comma = inner.find(',');
  const auto precision = ParseNumber(inner.substr(0, comma));
  const auto scale = comma == std::string_view::npos ? std::nullopt : ParseNumber(inner.substr(comma + 1));
  if (!precision || !scale || *precision < 1 || *precision > kMaxDecimalDigits || *scale > *precision) {
    return Fail(ErrorKind::kInvalidArgument,
                "type \"decimal({})\": expected decimal(precision, scale) with precision 1 to 38 and scale 0 to "
                "precision",
                inner);
  }
  return Type::Decimal(*precision, *scale);
}

std::string DescribeField(const Field& field) {
  return fmt::format("{}: {}: {} {}", field.id, field.name, field.required ? "required" : "optional",
                     field.type->ToString());
}

}  // namespace

bool Field::operator==(const Field& other) const {
  return id == other.id && required == other.required && name == other.name &&
         initial_default == other.initial_default && write_default == other.write_default && *type == *other.type;
}

TypePtr Type::Primitive(TypeKind kind) {
  static const auto* const all = [] {
    auto* types = new std::array<TypePtr, static_cast<size_t>(TypeKind::kStruct)>;
    for (const auto& [name, plain] : kPlain) {
      (*types)[static_cast<size_t>(plain)] = TypePtr(new Type(plain, 0, 0, std::string(name), {}));
    }
    (*types)[static_cast<size_t>(TypeKind::kGeography)] =
        TypePtr(new Type(TypeKind::kGeography, 0, 0, "geography", {}));
    return types;
  }();
  return (*all)[static_cast<size_t>(kind)];
}

TypePtr Type::Decimal(int precision, int scale) {
  return TypePtr(new Type(TypeKind::kDecimal, precision, scale, {}, {}));
}

TypePtr Type::Fixed(int length) { return TypePtr(new Type(TypeKind::kFixed, length, 0, {}, {})); }

TypePtr Type::Struct(std::vector<Field> fields) {
  return TypePtr(new Type(TypeKind::kStruct, 0, 0, {}, std::move(fields)));
}

TypePtr Type::List(int32_t element_id, TypePtr element, bool element_required) {
  std::vector<Field> fields;
  fields.push_back({.id = element_id, .name = "element", .type = std::move(element), .required = element_required});
  return TypePtr(new Type(TypeKind::kList, 0, 0, {}, std::move(fields)));
}

TypePtr Type::Map(int32_t key_id, TypePtr key, int32_t value_id, TypePtr value, bool value_required) {
  std::vector<Field> fields;
  fields.push_back({.id = key_id, .name = "key", .type = std::move(key), .required = true});
  fields.push_back({.id = value_id, .name = "value", .type = std::move(value), .required = value_required});
  return TypePtr(new Type(TypeKind::kMap, 0, 0, {}, std::move(fields)));
}

TypePtr Type::Verbatim(TypeKind kind, std::string text) { return TypePtr(new Type(kind, 0, 0, std::move(text), {})); }

std::string Type::ToString() const {
  switch (kind_) {
    case TypeKind::kDecimal:
      return fmt::format("decimal({}, {})", a_, b_);
    case TypeKind::kFixed:
      return fmt::format("fixed[{}]", a_);
    case TypeKind::kStruct: {
      std::vector<std::string> parts;
      for (const auto& field : fields_) parts.push_back(DescribeField(field));
      return fmt::format("struct<{}>", fmt::join(parts, ", "));
    }
    case TypeKind::kList:
      return fmt::format("list<{}>", element().type->ToString());
    case TypeKind::kMap:
      return fmt::format("map<{}, {}>", key().type->ToString(), value().type->ToString());
    default:
      return text_;
  }
}

bool Type::operator==(const Type& other) const {
  if (this == &other) return true;
  return kind_ == other.kind_ && a_ == other.a_ && b_ == other.b_ && text_ == other.text_ && fields_ == other.fields_;
}

bool SameShape(const Type& a, const Type& b) {
  if (!a.is_nested() || a.kind() != b.kind()) return a == b;
  return std::equal(a.fields().begin(), a.fields().end(), b.fields().begin(), b.fields().end(),
                    [](const Field& left, const Field& right) {
                      return left.name == right.name && SameShape(*left.type, *right.type);
                    });
}

int64_t PlainColumns(const Type& type) {
  if (!type.is_nested()) return 1;
  int64_t count = 0;
  for (const Field& field : type.fields()) count += PlainColumns(*field.type);
  return count;
}

Result<TypePtr> ParsePrimitiveType(std::string_view text) {
  const auto trimmed = Trim(text);
  const std::string word = Lower(trimmed);
  for (const auto& [name, kind] : kPlain) {
    if (word == name) return Type::Primitive(kind);
  }
  if (word == "geography") return Type::Primitive(TypeKind::kGeography);
  if (const auto inner = Inner(word, "decimal", '(', ')')) return ParseDecimalType(*inner);
  if (const auto inner = Inner(word, "fixed", '[', ']')) {
    const auto length = ParseNumber(*inner);
    if (length && *length > 0) return Type::Fixed(*length);
  }
  if (Inner(word, "geometry", '(', ')')) return Type::Verbatim(TypeKind::kGeometry, std::string(trimmed));
  if (Inner(word, "geography", '(', ')')) return Type::Verbatim(TypeKind::kGeography, std::string(trimmed));

  std::vector<std::string_view> words{"decimal(precision, scale)", "fixed[length]"};
  for (const auto& [name, kind] : kPlain) words.push_back(name);
  // The names of other engines for the same types, with Iceberg's names.
  constexpr std::pair<std::string_view, std::string_view> kForeign[] = {{"integer", "int"},
                                                                        {"bigint", "long"},
                                                                        {"int64", "long"},
                                                                        {"int32", "int"},
                                                                        {"real", "float"},
                                                                        {"float64", "double"},
                                                                        {"float32", "float"},
                                                                        {"bool", "boolean"},
                                                                        {"varchar", "string"},
                                                                        {"text", "string"},
                                                                        {"datetime", "timestamp"},
                                                                        {"timestamp_tz", "timestamptz"},
                                                                        {"bytes", "binary"},
                                                                        {"numeric", "decimal(precision, scale)"},
                                                                        {"decimal", "decimal(precision, scale)"},
                                                                        {"fixed", "fixed[length]"}};
  for (const auto& [foreign, ours] : kForeign) {
    if (word == foreign) {
      return Fail(ErrorKind::kInvalidArgument, "\"{}\" is no Iceberg type; did you mean \"{}\"?", text, ours);
    }
  }
  return Fail(ErrorKind::kInvalidArgument, "\"{}\" is no Iceberg type{}", text, DidYouMean(trimmed, words));
}

}  // namespace frazil::iceberg
