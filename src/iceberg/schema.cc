#include "iceberg/schema.h"

#include <fmt/core.h>

#include <algorithm>

namespace frazil::iceberg {
namespace {

TypePtr WithFreshIds(const TypePtr& type, int32_t* next_id);

// Assigns ids to all of `fields` first, then to the fields below them.
std::vector<Field> WithFreshIds(std::vector<Field> fields, int32_t* next_id) {
  for (auto& field : fields) field.id = (*next_id)++;
  for (auto& field : fields) field.type = WithFreshIds(field.type, next_id);
  return fields;
}

TypePtr WithFreshIds(const TypePtr& type, int32_t* next_id) {
  switch (type->kind()) {
    case TypeKind::kStruct:
      return Type::Struct(WithFreshIds(type->fields(), next_id));
    case TypeKind::kList: {
      const int32_t element_id = (*next_id)++;
      return Type::List(element_id, WithFreshIds(type->element().type, next_id), type->element().required);
    }
    case TypeKind::kMap: {
      const int32_t key_id = (*next_id)++;
      const int32_t value_id = (*next_id)++;
      auto key = WithFreshIds(type->key().type, next_id);
      auto value = WithFreshIds(type->value().type, next_id);
      return Type::Map(key_id, std::move(key), value_id, std::move(value), type->value().required);
    }
    default:
      return type;
  }
}

}  // namespace

Schema::Schema(int32_t schema_id, std::vector<Field> fields, std::vector<int32_t> identifier_field_ids)
    : schema_id_(schema_id),
      root_(Type::Struct(std::move(fields))),
      identifier_field_ids_(std::move(identifier_field_ids)) {
  Index(root_->fields(), "", false);
}

void Schema::Index(const std::vector<Field>& fields, const std::string& prefix, bool in_repeated) {
  for (const auto& field : fields) {
    std::string full_name = prefix.empty() ? field.name : prefix + "." + field.name;
    by_name_.emplace(full_name, &field);
    if (field.type->is_nested()) {
      Index(field.type->fields(), full_name, in_repeated || field.type->kind() != TypeKind::kStruct);
    }
    by_id_.emplace(field.id, Place{&field, std::move(full_name), in_repeated});
  }
}

const Field* Schema::FindById(int32_t id) const {
  const auto found = by_id_.find(id);
  return found == by_id_.end() ? nullptr : found->second.field;
}

const Field* Schema::FindByName(std::string_view name) const {
  const auto found = by_name_.find(std::string(name));
  return found == by_name_.end() ? nullptr : found->second;
}

const Field* Schema::FindAtRoot(std::string_view name) const {
  // Usually the field with this full name is the one. But that field may also be nested in another column.
  const Field* named = FindByName(name);
  if (named == nullptr) return nullptr;
  if (!fields().empty() && named >= &fields().front() && named <= &fields().back()) return named;
  const auto found =
      std::find_if(fields().begin(), fields().end(), [&](const Field& field) { return field.name == name; });
  return found == fields().end() ? nullptr : &*found;
}

std::string Schema::FullName(int32_t id) const {
  const auto found = by_id_.find(id);
  return found == by_id_.end() ? std::string() : found->second.full_name;
}

int32_t Schema::HighestFieldId() const {
  int32_t highest = 0;
  for (const auto& [id, place] : by_id_) highest = std::max(highest, id);
  return highest;
}

bool Schema::InRepeated(int32_t id) const {
  const auto found = by_id_.find(id);
  return found != by_id_.end() && found->second.in_repeated;
}

std::string Schema::ToString() const {
  std::string text;
  for (const auto& field : fields()) {
    text += fmt::format("{}: {}: {} {}{}\n", field.id, field.name, field.required ? "required" : "optional",
                        field.type->ToString(), field.doc.empty() ? "" : " (" + field.doc + ")");
  }
  return text;
}

std::vector<Field> AssignFreshIds(const std::vector<Field>& fields, int32_t first_id, int32_t* last_id) {
  int32_t next_id = first_id;
  auto fresh = WithFreshIds(fields, &next_id);
  *last_id = next_id - 1;
  return fresh;
}

}  // namespace frazil::iceberg
