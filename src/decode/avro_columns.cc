// The column types for Avro types.
#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "common/decimal.h"
#include "decode/avro_plan.h"

namespace frazil::decode {
namespace {

using avro::Kind;
using avro::LogicalType;
using avro::Node;
using iceberg::Type;
using iceberg::TypeKind;
using iceberg::TypePtr;

// Records that refer to each other could make an exponential number of columns.
constexpr int kMostFields = 100'000;

TypePtr Primitive(TypeKind kind) { return Type::Primitive(kind); }

// The column type of a logical type that Iceberg has. Null for other logical types: their underlying type counts.
TypePtr LogicalColumn(const Node& node) {
  switch (node.logical_type) {
    case LogicalType::kDecimal:
      return node.precision <= kMaxDecimalDigits ? Type::Decimal(node.precision, node.scale) : nullptr;
    case LogicalType::kUuid:
      return Primitive(TypeKind::kUuid);
    case LogicalType::kDate:
      return Primitive(TypeKind::kDate);
    case LogicalType::kTimeMillis:
    case LogicalType::kTimeMicros:
      return Primitive(TypeKind::kTime);
    case LogicalType::kTimestampMillis:
    case LogicalType::kTimestampMicros:
    case LogicalType::kTimestampNanos:
      return Primitive(TypeKind::kTimestampTz);
    case LogicalType::kLocalTimestampMillis:
    case LogicalType::kLocalTimestampMicros:
    case LogicalType::kLocalTimestampNanos:
      return Primitive(TypeKind::kTimestamp);
    default:
      return nullptr;
  }
}

bool IsNumber(const Type& type) {
  const TypeKind kind = type.kind();
  return kind == TypeKind::kInt || kind == TypeKind::kLong || kind == TypeKind::kFloat || kind == TypeKind::kDouble;
}

// The number type that holds both. For a long and a double that is double, which keeps only about 16 digits.
TypePtr WiderNumber(const TypePtr& a, const TypePtr& b) {
  const auto floats = [](const Type& type) {
    return type.kind() == TypeKind::kFloat || type.kind() == TypeKind::kDouble;
  };
  if (a->kind() == b->kind()) return a;
  if (floats(*a) || floats(*b)) return Primitive(TypeKind::kDouble);
  return Primitive(TypeKind::kLong);
}

class ColumnTypes {
 public:
  Result<TypePtr> Of(const Node& node) {
    if (TypePtr logical = LogicalColumn(node)) return logical;
    switch (node.kind) {
      case Kind::kNull:
        return TypePtr();
      case Kind::kBoolean:
        return Primitive(TypeKind::kBoolean);
      case Kind::kInt:
        return Primitive(TypeKind::kInt);
      case Kind::kLong:
        return Primitive(TypeKind::kLong);
      case Kind::kFloat:
        return Primitive(TypeKind::kFloat);
      case Kind::kDouble:
        return Primitive(TypeKind::kDouble);
      case Kind::kBytes:
        return Primitive(TypeKind::kBinary);
      case Kind::kString:
      case Kind::kEnum:
        return Primitive(TypeKind::kString);
      case Kind::kFixed:
        // Iceberg has no type without bytes.
        return node.size == 0 ? TypePtr() : Type::Fixed(node.size);
      case Kind::kArray: {
        FRAZIL_ASSIGN_OR_RETURN(const TypePtr items, Of(node.items()));
        return items == nullptr ? TypePtr() : Type::List(0, items, false);
      }
      case Kind::kMap: {
        FRAZIL_ASSIGN_OR_RETURN(const TypePtr values, Of(node.values()));
        return values == nullptr ? TypePtr() : Type::Map(0, Primitive(TypeKind::kString), 0, values, false);
      }
      case Kind::kRecord: {
        FRAZIL_ASSIGN_OR_RETURN(auto fields, FieldsOf(node));
        return fields.empty() ? TypePtr() : Type::Struct(std::move(fields));
      }
      case Kind::kUnion:
        return OfUnion(node);
    }
    return TypePtr();
  }

  Result<std::vector<iceberg::Field>> FieldsOf(const Node& record) {
    if (std::find(within_.begin(), within_.end(), &record) != within_.end()) {
      return Fail(ErrorKind::kUnsupported, "record {} holds itself, which no column can", record.name);
    }
    within_.push_back(&record);
    std::vector<iceberg::Field> fields;
    for (const avro::NodeField& member : record.fields) {
      if (++fields_ > kMostFields) {
        return Fail(ErrorKind::kUnsupported, "its records have more than {} fields together", kMostFields);
      }
      auto type = Of(*member.type);
      if (!type) return Wrap(type.error(), member.name);
      if (*type == nullptr) continue;
      iceberg::Field field;
      field.name = member.name;
      field.type = *std::move(type);
      fields.push_back(std::move(field));
    }
    within_.pop_back();
    return fields;
  }

 private:
  Result<TypePtr> OfUnion(const Node& node) {
    TypePtr all;
    for (const Node* branch : node.children) {
      FRAZIL_ASSIGN_OR_RETURN(const TypePtr type, Of(*branch));
      if (type == nullptr) continue;
      if (all == nullptr) {
        all = type;
      } else if (IsNumber(*all) && IsNumber(*type)) {
        all = WiderNumber(all, type);
      } else if (!(*all == *type)) {
        return Fail(ErrorKind::kUnsupported, "no column holds a union of {} and {}", all->ToString(), type->ToString());
      }
    }
    return all;
  }

  std::vector<const Node*> within_;  // records
  int fields_ = 0;
};

}  // namespace

Result<TypePtr> AvroColumnType(const Node& node) { return ColumnTypes().Of(node); }

Result<std::vector<iceberg::Field>> AvroColumns(const Node& record) { return ColumnTypes().FieldsOf(record); }

void JoinAvroColumn(iceberg::Field& field, const iceberg::Field& other) {
  const Type& mine = *field.type;
  const Type& theirs = *other.type;
  if (IsNumber(mine) && IsNumber(theirs)) {
    field.type = WiderNumber(field.type, other.type);
    return;
  }
  if (mine.kind() != theirs.kind() || !mine.is_nested()) return;
  std::vector<iceberg::Field> fields = mine.fields();
  for (const iceberg::Field& below : theirs.fields()) {
    const auto same =
        std::find_if(fields.begin(), fields.end(), [&](const iceberg::Field& one) { return one.name == below.name; });
    if (same == fields.end()) {
      fields.push_back(below);
    } else {
      JoinAvroColumn(*same, below);
    }
  }
  switch (mine.kind()) {
    case TypeKind::kList:
      field.type = Type::List(0, fields[0].type, false);
      break;
    case TypeKind::kMap:
      field.type = Type::Map(0, fields[0].type, 0, fields[1].type, false);
      break;
    default:
      field.type = Type::Struct(std::move(fields));
  }
}

}  // namespace frazil::decode
