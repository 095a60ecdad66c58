// Iceberg's types (spec, "Schemas and Data Types"). Immutable, shared, compared by value.
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
  kGeography,  // format v3: carried and shown, not written
  kStruct,
  kList,
  kMap,
};

class Type;
using TypePtr = std::shared_ptr<const Type>;

// A field of a struct; also a list's element and a map's key and value, which have ids of their own.
struct Field {
  int32_t id = 0;  // unique in the table, over all its schemas
  std::string name;
  TypePtr type;
  bool required = false;
  std::string doc = {};
  std::optional<std::string> initial_default = {};  // v3, as the JSON text of a single value (spec, appendix D)
  std::optional<std::string> write_default = {};

  bool operator==(const Field& other) const;  // documentation does not count
};

class Type {
 public:
  static TypePtr Primitive(TypeKind kind);  // those without parameters
  static TypePtr Decimal(int precision, int scale);
  static TypePtr Fixed(int length);
  static TypePtr Struct(std::vector<Field> fields);
  static TypePtr List(int32_t element_id, TypePtr element, bool element_required);
  static TypePtr Map(int32_t key_id, TypePtr key, int32_t value_id, TypePtr value, bool value_required);
  // geometry and geography keep their text, for example "geometry(OGC:CRS84)".
  static TypePtr Verbatim(TypeKind kind, std::string text);

  TypeKind kind() const { return kind_; }
  bool is_nested() const { return kind_ >= TypeKind::kStruct; }
  int precision() const { return a_; }  // decimal
  int scale() const { return b_; }      // decimal
  int length() const { return a_; }     // fixed
  // Struct: its fields. List: one, "element". Map: two, "key" and "value".
  const std::vector<Field>& fields() const { return fields_; }
  const Field& element() const { return fields_[0]; }
  const Field& key() const { return fields_[0]; }
  const Field& value() const { return fields_[1]; }

  // The spec's text of a primitive ("decimal(9,2)", "timestamptz"); nested types as "struct<1: a: optional int>".
  std::string ToString() const;
  bool operator==(const Type& other) const;  // ids and names count, documentation does not

 private:
  Type(TypeKind kind, int a, int b, std::string text, std::vector<Field> fields)
      : kind_(kind), a_(a), b_(b), text_(std::move(text)), fields_(std::move(fields)) {}
  TypeKind kind_;
  int a_;
  int b_;
  std::string text_;
  std::vector<Field> fields_;
};

// The same kinds, parameters and names; ids, documentation and nullability do not count.
bool SameShape(const Type& a, const Type& b);

// How many plain columns a column of this type is stored as: those of a struct's fields, a list's element, a map's key
// and value.
int64_t PlainColumns(const Type& type);

// Parses the text of a primitive type: "long", "decimal(9, 2)", "fixed[16]". kInvalidArgument names the nearest word.
Result<TypePtr> ParsePrimitiveType(std::string_view text);

}  // namespace frazil::iceberg
