#include "parquet/schema_bridge.h"

#include <arrow/extension_type.h>
#include <arrow/type.h>
#include <arrow/util/checked_cast.h>
#include <arrow/util/key_value_metadata.h>

#include <charconv>
#include <string>
#include <string_view>
#include <vector>

namespace frazil::parquet {
namespace {

using arrow::internal::checked_cast;
using iceberg::Type;
using iceberg::TypeKind;

constexpr std::string_view kFieldId = "PARQUET:field_id";

Result<std::shared_ptr<arrow::Field>> ToArrowField(const iceberg::Field& field) {
  auto type = ToArrowType(*field.type);
  if (!type) return Wrap(type.error(), field.name);
  return arrow::field(field.name, *std::move(type), !field.required,
                      arrow::key_value_metadata({std::string(kFieldId)}, {std::to_string(field.id)}));
}

Result<arrow::FieldVector> ToArrowFields(const std::vector<iceberg::Field>& fields) {
  arrow::FieldVector result;
  result.reserve(fields.size());
  for (const iceberg::Field& field : fields) {
    FRAZIL_ASSIGN_OR_RETURN(auto converted, ToArrowField(field));
    result.push_back(std::move(converted));
  }
  return result;
}

Result<iceberg::TypePtr> FromArrowType(const arrow::DataType& type);

Result<iceberg::Field> FromArrowField(const arrow::Field& field) {
  const auto text = field.metadata() == nullptr ? arrow::Result<std::string>(arrow::Status::KeyError(kFieldId))
                                                : field.metadata()->Get(kFieldId);
  iceberg::Field result;
  const auto parsed =
      text.ok() ? std::from_chars(text->data(), text->data() + text->size(), result.id) : std::from_chars_result{};
  if (!text.ok() || parsed.ec != std::errc()) {
    return Fail(ErrorKind::kUnsupported, "column '{}' has no field id", field.name());
  }
  result.name = field.name();
  result.required = !field.nullable();
  auto type = FromArrowType(*field.type());
  if (!type) return Wrap(type.error(), field.name());
  result.type = *std::move(type);
  return result;
}

Result<std::vector<iceberg::Field>> FromArrowFields(const arrow::FieldVector& fields) {
  std::vector<iceberg::Field> result;
  for (const auto& field : fields) {
    FRAZIL_ASSIGN_OR_RETURN(auto converted, FromArrowField(*field));
    result.push_back(std::move(converted));
  }
  return result;
}

// The Iceberg type of an Arrow type without parameters; null if there is none.
iceberg::TypePtr PlainType(const arrow::DataType& type) {
  for (const TypeKind kind : {TypeKind::kBoolean, TypeKind::kInt, TypeKind::kLong, TypeKind::kFloat, TypeKind::kDouble,
                              TypeKind::kDate, TypeKind::kTime, TypeKind::kTimestamp, TypeKind::kTimestampTz,
                              TypeKind::kTimestampNs, TypeKind::kTimestampTzNs, TypeKind::kString, TypeKind::kBinary}) {
    auto plain = Type::Primitive(kind);
    if (type.Equals(**ToArrowType(*plain))) return plain;
  }
  return nullptr;
}

Result<iceberg::TypePtr> FromArrowType(const arrow::DataType& type) {
  if (auto plain = PlainType(type)) return plain;
  switch (type.id()) {
    case arrow::Type::LARGE_STRING:
    case arrow::Type::STRING_VIEW:
      return Type::Primitive(TypeKind::kString);
    case arrow::Type::LARGE_BINARY:
    case arrow::Type::BINARY_VIEW:
      return Type::Primitive(TypeKind::kBinary);
    case arrow::Type::DICTIONARY:
      return FromArrowType(*checked_cast<const arrow::DictionaryType&>(type).value_type());
    case arrow::Type::EXTENSION:
      return FromArrowType(*checked_cast<const arrow::ExtensionType&>(type).storage_type());
    case arrow::Type::DECIMAL128: {
      const auto& decimal = checked_cast<const arrow::Decimal128Type&>(type);
      return Type::Decimal(decimal.precision(), decimal.scale());
    }
    case arrow::Type::FIXED_SIZE_BINARY:
      return Type::Fixed(checked_cast<const arrow::FixedSizeBinaryType&>(type).byte_width());
    case arrow::Type::STRUCT: {
      FRAZIL_ASSIGN_OR_RETURN(auto fields, FromArrowFields(type.fields()));
      return Type::Struct(std::move(fields));
    }
    case arrow::Type::LIST:
    case arrow::Type::LARGE_LIST: {
      FRAZIL_ASSIGN_OR_RETURN(auto element, FromArrowField(*type.field(0)));
      return Type::List(element.id, element.type, element.required);
    }
    case arrow::Type::MAP: {
      const auto& map = checked_cast<const arrow::MapType&>(type);
      FRAZIL_ASSIGN_OR_RETURN(auto key, FromArrowField(*map.key_field()));
      FRAZIL_ASSIGN_OR_RETURN(auto value, FromArrowField(*map.item_field()));
      return Type::Map(key.id, key.type, value.id, value.type, value.required);
    }
    default:
      return Fail(ErrorKind::kUnsupported, "Arrow type {} is not read", type.ToString());
  }
}

}  // namespace

Result<std::shared_ptr<arrow::DataType>> ToArrowType(const iceberg::Type& type) {
  switch (type.kind()) {
    case TypeKind::kBoolean:
      return arrow::boolean();
    case TypeKind::kInt:
      return arrow::int32();
    case TypeKind::kLong:
      return arrow::int64();
    case TypeKind::kFloat:
      return arrow::float32();
    case TypeKind::kDouble:
      return arrow::float64();
    case TypeKind::kDecimal:
      return arrow::decimal128(type.precision(), type.scale());
    case TypeKind::kDate:
      return arrow::date32();
    case TypeKind::kTime:
      return arrow::time64(arrow::TimeUnit::MICRO);
    case TypeKind::kTimestamp:
      return arrow::timestamp(arrow::TimeUnit::MICRO);
    case TypeKind::kTimestampTz:
      return arrow::timestamp(arrow::TimeUnit::MICRO, "UTC");
    case TypeKind::kTimestampNs:
      return arrow::timestamp(arrow::TimeUnit::NANO);
    case TypeKind::kTimestampTzNs:
      return arrow::timestamp(arrow::TimeUnit::NANO, "UTC");
    case TypeKind::kString:
      return arrow::utf8();
    case TypeKind::kUuid:
      return arrow::fixed_size_binary(16);
    case TypeKind::kFixed:
      return arrow::fixed_size_binary(type.length());
    case TypeKind::kBinary:
      return arrow::binary();
    case TypeKind::kUnknown:
    case TypeKind::kVariant:
    case TypeKind::kGeometry:
    case TypeKind::kGeography:
      return Fail(ErrorKind::kUnsupported, "type {} of format v3 cannot be written yet", type.ToString());
    case TypeKind::kStruct: {
      if (type.fields().empty()) {
        return Fail(ErrorKind::kUnsupported, "a struct without fields has no form in Parquet");
      }
      FRAZIL_ASSIGN_OR_RETURN(auto fields, ToArrowFields(type.fields()));
      return arrow::struct_(std::move(fields));
    }
    case TypeKind::kList: {
      FRAZIL_ASSIGN_OR_RETURN(auto element, ToArrowField(type.element()));
      return arrow::list(std::move(element));
    }
    case TypeKind::kMap: {
      FRAZIL_ASSIGN_OR_RETURN(auto key, ToArrowField(type.key()));
      FRAZIL_ASSIGN_OR_RETURN(auto value, ToArrowField(type.value()));
      return std::make_shared<arrow::MapType>(std::move(key), std::move(value));
    }
  }
  return Fail(ErrorKind::kInternal, "type kind {} is not known", static_cast<int>(type.kind()));
}

Result<std::shared_ptr<arrow::Schema>> ToArrowSchema(const iceberg::Schema& schema) {
  FRAZIL_ASSIGN_OR_RETURN(auto fields, ToArrowFields(schema.fields()));
  return arrow::schema(std::move(fields));
}

Result<std::vector<iceberg::Field>> FromArrowSchema(const arrow::Schema& schema) {
  return FromArrowFields(schema.fields());
}

}  // namespace frazil::parquet
