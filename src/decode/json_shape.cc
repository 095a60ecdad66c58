#include "decode/json_shape.h"

#include <algorithm>
#include <optional>

namespace frazil::decode {
namespace {

using iceberg::Type;
using iceberg::TypeKind;

bool IsText(JsonClass c) { return c >= JsonClass::kString && c <= JsonClass::kTimestampTz; }
bool IsNumber(JsonClass c) { return c == JsonClass::kInteger || c == JsonClass::kFraction; }
bool IsScalar(JsonClass c) { return c != JsonClass::kNothing && c != JsonClass::kObject && c != JsonClass::kArray; }
bool IsInstant(JsonClass c) { return c == JsonClass::kTimestamp || c == JsonClass::kTimestampTz; }

// Of values of different records.
std::optional<JsonClass> Wider(JsonClass a, JsonClass b, bool text) {
  if (a == b || b == JsonClass::kNothing) return a;
  if (a == JsonClass::kNothing) return b;
  if (IsNumber(a) && IsNumber(b)) return JsonClass::kFraction;
  if (text || (IsText(a) && IsText(b))) return JsonClass::kString;
  return std::nullopt;
}

// Of values of one record.
std::optional<JsonClass> WiderWithin(JsonClass a, JsonClass b, bool text) {
  if (!text && a == JsonClass::kInteger && IsInstant(b)) return b;
  if (!text && b == JsonClass::kInteger && IsInstant(a)) return a;
  return Wider(a, b, text);
}

}  // namespace

bool JsonShape::Observe(JsonClass scalar) {
  const auto wider = WiderWithin(class_, scalar, text_);
  if (!wider) return false;
  class_ = *wider;
  return true;
}

JsonShape* JsonShape::ObserveField(std::string_view name) {
  if (!Observe(JsonClass::kObject)) return nullptr;
  return &FieldNamed(name);
}

JsonShape* JsonShape::ObserveElement() {
  if (!Observe(JsonClass::kArray)) return nullptr;
  if (!element_) element_ = std::make_unique<JsonShape>(text_);
  return element_.get();
}

void JsonShape::Absorb(const JsonShape& other) {
  if (!Observe(other.class_)) return;
  for (const auto& [name, shape] : other.fields_) FieldNamed(name).Absorb(shape);
  if (other.element_) ObserveElement()->Absorb(*other.element_);
}

JsonShape& JsonShape::FieldNamed(std::string_view name) {
  const auto [found, added] = index_.try_emplace(std::string(name), fields_.size());
  if (added) fields_.emplace_back(found->first, JsonShape(text_));
  return fields_[found->second].second;
}

bool JsonShape::Join(const JsonShape& other) {
  if (!CanJoin(other)) return false;
  JoinUnchecked(other);
  return true;
}

bool JsonShape::CanJoin(const JsonShape& other) const {
  const auto wider = Wider(class_, other.class_, text_);
  if (!wider) return false;
  if (text_ && class_ != other.class_) return true;  // a string of whatever they were
  if (class_ == JsonClass::kNothing || other.class_ == JsonClass::kNothing) return true;
  if (class_ == JsonClass::kArray) return element_->CanJoin(*other.element_);
  return std::all_of(other.fields_.begin(), other.fields_.end(), [this](const auto& field) {
    const auto mine = index_.find(field.first);
    return mine == index_.end() || fields_[mine->second].second.CanJoin(field.second);
  });
}

void JsonShape::JoinUnchecked(const JsonShape& other) {
  class_ = *Wider(class_, other.class_, text_);
  for (const auto& [name, shape] : other.fields_) FieldNamed(name).JoinUnchecked(shape);
  if (!other.element_) return;
  if (!element_) element_ = std::make_unique<JsonShape>(text_);
  element_->JoinUnchecked(*other.element_);
}

const JsonShape* JsonShape::Find(const std::string& name) const {
  const auto found = index_.find(name);
  return found == index_.end() ? nullptr : &fields_[found->second].second;
}

int64_t JsonShape::ColumnsFrom(const JsonShape& other) const {
  static const JsonShape kNew;
  switch (other.class_) {
    case JsonClass::kNothing:
      return 0;
    case JsonClass::kArray:
      if (IsScalar(class_)) return 0;
      return (element_ ? *element_ : kNew).ColumnsFrom(*other.element_);
    case JsonClass::kObject: {
      int64_t columns = 0;
      if (IsScalar(class_)) return columns;
      for (const auto& [name, shape] : other.fields_) {
        const JsonShape* mine = Find(name);
        columns += (mine ? *mine : kNew).ColumnsFrom(shape);
      }
      return columns;
    }
    default:
      return class_ == JsonClass::kNothing ? 1 : 0;
  }
}

iceberg::TypePtr JsonShape::ToType() const {
  switch (class_) {
    case JsonClass::kBoolean:
      return Type::Primitive(TypeKind::kBoolean);
    case JsonClass::kInteger:
      return Type::Primitive(TypeKind::kLong);
    case JsonClass::kFraction:
      return Type::Primitive(TypeKind::kDouble);
    case JsonClass::kDate:
      return Type::Primitive(TypeKind::kDate);
    case JsonClass::kTimestamp:
      return Type::Primitive(TypeKind::kTimestamp);
    case JsonClass::kTimestampTz:
      return Type::Primitive(TypeKind::kTimestampTz);
    case JsonClass::kObject: {
      std::vector<iceberg::Field> fields;
      for (const auto& [name, shape] : fields_) {
        iceberg::Field field;
        field.name = name;
        field.type = shape.ToType();
        fields.push_back(std::move(field));
      }
      return Type::Struct(std::move(fields));
    }
    case JsonClass::kArray:
      return Type::List(0, element_->ToType(), /*element_required=*/false);
    case JsonClass::kNothing:
    case JsonClass::kString:
      break;
  }
  return Type::Primitive(TypeKind::kString);
}

bool CarriesItsSchema(const JsonShape& record) {
  const JsonShape* const schema = record.Find("schema");
  return schema != nullptr && record.Find("payload") != nullptr && record.fields().size() == 2 &&
         schema->json_class() == JsonClass::kObject && schema->Find("type") != nullptr &&
         (schema->Find("fields") != nullptr || schema->Find("optional") != nullptr);
}

}  // namespace frazil::decode
