#include "parquet/parquet_schema.h"

#include <arrow/type.h>
#include <parquet/exception.h>

#include <utility>

namespace frazil::parquet {
namespace {

namespace pq = ::parquet;
using iceberg::TypeKind;
using pq::LogicalType;
using pq::Repetition;
using pq::schema::GroupNode;
using pq::schema::NodePtr;
using pq::schema::NodeVector;
using pq::schema::PrimitiveNode;

struct Leaf {
  std::shared_ptr<const LogicalType> logical;
  pq::Type::type physical;
  int length = -1;
};

// The smallest physical type that holds every value of the precision, as appendix A demands.
Leaf DecimalLeaf(int precision, int scale) {
  auto logical = LogicalType::Decimal(precision, scale);
  if (precision <= 9) return {std::move(logical), pq::Type::INT32};
  if (precision <= 18) return {std::move(logical), pq::Type::INT64};
  return {std::move(logical), pq::Type::FIXED_LEN_BYTE_ARRAY, arrow::DecimalType::DecimalSize(precision)};
}

Result<Leaf> ToLeaf(const iceberg::Type& type) {
  using Unit = LogicalType::TimeUnit;
  switch (type.kind()) {
    case TypeKind::kBoolean:
      return Leaf{LogicalType::None(), pq::Type::BOOLEAN};
    case TypeKind::kInt:
      return Leaf{LogicalType::None(), pq::Type::INT32};
    case TypeKind::kLong:
      return Leaf{LogicalType::None(), pq::Type::INT64};
    case TypeKind::kFloat:
      return Leaf{LogicalType::None(), pq::Type::FLOAT};
    case TypeKind::kDouble:
      return Leaf{LogicalType::None(), pq::Type::DOUBLE};
    case TypeKind::kDecimal:
      return DecimalLeaf(type.precision(), type.scale());
    case TypeKind::kDate:
      return Leaf{LogicalType::Date(), pq::Type::INT32};
    case TypeKind::kTime:
      return Leaf{LogicalType::Time(/*is_adjusted_to_utc=*/false, Unit::MICROS), pq::Type::INT64};
    case TypeKind::kTimestamp:
      return Leaf{LogicalType::Timestamp(/*is_adjusted_to_utc=*/false, Unit::MICROS), pq::Type::INT64};
    case TypeKind::kTimestampTz:
      return Leaf{LogicalType::Timestamp(/*is_adjusted_to_utc=*/true, Unit::MICROS), pq::Type::INT64};
    case TypeKind::kTimestampNs:
      return Leaf{LogicalType::Timestamp(/*is_adjusted_to_utc=*/false, Unit::NANOS), pq::Type::INT64};
    case TypeKind::kTimestampTzNs:
      return Leaf{LogicalType::Timestamp(/*is_adjusted_to_utc=*/true, Unit::NANOS), pq::Type::INT64};
    case TypeKind::kString:
      return Leaf{LogicalType::String(), pq::Type::BYTE_ARRAY};
    case TypeKind::kUuid:
      return Leaf{LogicalType::UUID(), pq::Type::FIXED_LEN_BYTE_ARRAY, 16};
    case TypeKind::kFixed:
      return Leaf{LogicalType::None(), pq::Type::FIXED_LEN_BYTE_ARRAY, type.length()};
    case TypeKind::kBinary:
      return Leaf{LogicalType::None(), pq::Type::BYTE_ARRAY};
    default:
      return Fail(ErrorKind::kUnsupported, "type {} of format v3 cannot be written yet", type.ToString());
  }
}

Result<NodePtr> ToNode(const iceberg::Field& field);

Result<NodeVector> ToNodes(const std::vector<iceberg::Field>& fields) {
  NodeVector nodes;
  nodes.reserve(fields.size());
  for (const iceberg::Field& field : fields) {
    FRAZIL_ASSIGN_OR_RETURN(NodePtr node, ToNode(field));
    nodes.push_back(std::move(node));
  }
  return nodes;
}

Result<NodePtr> ToNode(const iceberg::Field& field) {
  const Repetition::type repetition = field.required ? Repetition::REQUIRED : Repetition::OPTIONAL;
  const iceberg::Type& type = *field.type;
  switch (type.kind()) {
    case TypeKind::kStruct: {
      if (type.fields().empty()) {
        return Fail(ErrorKind::kUnsupported, "{}: a struct without fields has no form in Parquet", field.name);
      }
      FRAZIL_ASSIGN_OR_RETURN(NodeVector fields, ToNodes(type.fields()));
      return GroupNode::Make(field.name, repetition, fields, pq::ConvertedType::NONE, field.id);
    }
    case TypeKind::kList: {
      FRAZIL_ASSIGN_OR_RETURN(NodePtr element, ToNode(type.element()));
      NodePtr list = GroupNode::Make("list", Repetition::REPEATED, {std::move(element)});
      return GroupNode::Make(field.name, repetition, {std::move(list)}, LogicalType::List(), field.id);
    }
    case TypeKind::kMap: {
      FRAZIL_ASSIGN_OR_RETURN(NodePtr key, ToNode(type.key()));
      FRAZIL_ASSIGN_OR_RETURN(NodePtr value, ToNode(type.value()));
      NodePtr entries = GroupNode::Make("key_value", Repetition::REPEATED, {std::move(key), std::move(value)});
      return GroupNode::Make(field.name, repetition, {std::move(entries)}, LogicalType::Map(), field.id);
    }
    default: {
      auto leaf = ToLeaf(type);
      if (!leaf) return Wrap(leaf.error(), field.name);
      return PrimitiveNode::Make(field.name, repetition, leaf->logical, leaf->physical, leaf->length, field.id);
    }
  }
}

}  // namespace

Result<std::shared_ptr<GroupNode>> ToParquetSchema(const iceberg::Schema& schema) {
  try {
    FRAZIL_ASSIGN_OR_RETURN(NodeVector fields, ToNodes(schema.fields()));
    return std::static_pointer_cast<GroupNode>(GroupNode::Make("table", Repetition::REQUIRED, fields));
  } catch (const pq::ParquetException& e) {
    return Fail(ErrorKind::kInvalidArgument, "the schema has no Parquet form: {}", e.what());
  }
}

}  // namespace frazil::parquet
