#include "decode/json_growth.h"

#include <algorithm>

#include "common/warn_once.h"

namespace frazil::decode {

using iceberg::TypeKind;

JsonGrowth::JsonGrowth(const DecoderOptions& options, std::vector<std::string> reserved)
    : reader_(options.infer_time, options.renames, options.on_type_conflict == OnTypeConflict::kColumn),
      reserved_(std::move(reserved)),
      text_(options.on_type_conflict == OnTypeConflict::kString) {}

bool JsonGrowth::Grow(std::string_view value, Column& root, std::vector<Column*>& added) {
  JsonShape shape(text_);
  // Where the record contradicts itself its first class makes the column, which then finds the contradiction.
  if (reader_.Read(value, shape) == JsonShapeReader::Outcome::kMalformed) return false;
  GrowStruct(shape, root, added);
  if (!added.empty() && CarriesItsSchema(shape)) log::WarnOnce(std::string(kCarriesItsSchema));
  return true;
}

void JsonGrowth::GrowStruct(const JsonShape& shape, Column& into, std::vector<Column*>& added) {
  for (const auto& [name, below] : shape.fields()) {
    const uint32_t index = into.Find(name);
    if (index != Column::kNone) {
      GrowInto(below, into.child(index), added);
      continue;
    }
    if (!into.parent() && std::find(reserved_.begin(), reserved_.end(), name) != reserved_.end()) continue;
    iceberg::Field field;
    field.name = into.NameOf(name);
    field.type = below.ToType();
    added.push_back(&into.AddChild(field));
  }
}

void JsonGrowth::GrowInto(const JsonShape& shape, Column& into, std::vector<Column*>& added) {
  if (shape.json_class() == JsonClass::kArray && into.kind() == TypeKind::kList) {
    GrowInto(shape.element(), into.child(0), added);
  } else if (shape.json_class() == JsonClass::kObject && into.kind() == TypeKind::kStruct) {
    GrowStruct(shape, into, added);
  } else if (shape.json_class() == JsonClass::kObject && into.kind() == TypeKind::kMap) {
    JsonShape values(text_);
    for (const auto& [key, below] : shape.fields()) values.Absorb(below);
    GrowInto(values, into.child(1), added);
  }
}

}  // namespace frazil::decode
