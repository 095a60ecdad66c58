// Iceberg's types (spec, "Schemas and Data Types"). They are immutable and shared, and compared by value.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/result.h"

namespace frazil::iceberg {

enum class TypeKind : uint8_t {
  kBoolean,
  kInt,
  kLong,
  kFloat,
  kDouble,
  kDecimal,
  kDate,
  kTime,
  kTimestamp,
  kTimestampTz,
  kTimestampNs,
  kTimestampTzNs,
  kString,
  kUuid,
  kFixed,
  kBinary,
  kUnknown,
  kVariant,
  kGeometry,
  kGeography,  // this and the three before it: format v3; kept and shown, but not written
  kStruct,
  kList,
  kMap,
};

class Type;
using TypePtr = std::shared_ptr<const Type>;

// A field of a struct. A list's element and a map's key and value are fields too, with ids of their own.
struct Field {
  int32_t id = 0;  // unique in the table, over all schemas
  std::string name;
  TypePtr type;
  bool required = false;
  std::string doc = {};
  std::optional<std::string> initial_default = {};  // v3; JSON text of a single value (spec, appendix D)
  std::optional<std::string> write_default = {};

  bool operator==(const Field& other) const;  // ignores documentation
};

class Type {
 public:
  static TypePtr Primitive(TypeKind kind);  // for types without parameters
  static TypePtr Decimal(int precision, int scale);
  static TypePtr Fixed(int length);
  static TypePtr Struct(std::vector<Field> fields);
  static TypePtr List(int32_t element_id, TypePtr element, bool element_required);
  static TypePtr Map(int32_t key_id, TypePtr key, int32_t value_id, TypePtr value, bool value_required);
  // For geometry and geography, which keep their text: "geometry(OGC:CRS84)".
  static TypePtr Verbatim(TypeKind kind, std::string text);

  TypeKind kind() const { return kind_; }
  bool is_nested() const { return kind_ >= TypeKind::kStruct; }
  int precision() const { return a_; }  // decimal
  int scale() const { return b_; }      // decimal
  int length() const { return a_; }     // fixed
  // A struct has its fields, a list has "element", and a map has "key" and "value".
  const std::vector<Field>& fields() const { return fields_; }
  const Field& element() const { return fields_[0]; }
  const Field& key() const { return fields_[0]; }
  const Field& value() const { return fields_[1]; }

  // The spec's text of a primitive type ("decimal(9,2)", "timestamptz"). Nested types look like "struct<1: a: optional
  // int>".
  std::string ToString() const;
  bool operator==(const Type& other) const;  // compares ids and names, ignores documentation

 private:
  Type(TypeKind kind, int a, int b, std::string text, std::vector<Field> fields)
      : kind_(kind), a_(a), b_(b), text_(std::move(text)), fields_(std::move(fields)) {}
  TypeKind kind_;
  int a_;
  int b_;
  std::string text_;
  std::vector<Field> fields_;
};

// True if kinds, parameters and names are the same. Ignores ids, documentation and nullability.
bool SameShape(const Type& a, const Type& b);

// How many leaf columns a column of this type has: counts the fields of structs, the element of a list, and key and
// value of a map.
int64_t PlainColumns(const Type& type);

// Parses a primitive type: "long", "decimal(9, 2)", "fixed[16]". kInvalidArgument suggests the nearest word.
Result<TypePtr> ParsePrimitiveType(std::string_view text);

}  // namespace frazil::iceberg
