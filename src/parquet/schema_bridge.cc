#include "parquet/schema_bridge.h"

#include <arrow/type.h>
#include <arrow/util/key_value_metadata.h>

#include <vector>

namespace frazil::parquet {
namespace {

using iceberg::TypeKind;

Result<std::shared_ptr<arrow::Field>> ToArrowField(const iceberg::Field& field) {
  auto type = ToArrowType(*field.type);
  if (!type) return Wrap(type.error(), field.name);
  return arrow::field(field.name, *std::move(type), !field.required,
                      arrow::key_value_metadata({"PARQUET:field_id"}, {std::to_string(field.id)}));
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

}  // namespace frazil::parquet
