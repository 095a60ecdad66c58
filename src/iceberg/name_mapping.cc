#include "iceberg/name_mapping.h"

#include <fmt/core.h>

#include <algorithm>
#include <set>
#include <string_view>
#include <unordered_map>

#include "iceberg/json_members.h"

namespace frazil::iceberg {
namespace {

using json::Json;

constexpr int kMaxDepth = 100;

Result<std::vector<MappedField>> ParseMappedFields(const Json& value, int depth);

Result<MappedField> ParseMappedField(const Json& value, int depth) {
  FRAZIL_RETURN_IF_ERROR(json::ExpectObject(value, "a mapped field"));
  MappedField field;
  FRAZIL_ASSIGN_OR_RETURN(field.field_id, json::Optional<int32_t>(value, "field-id"));
  FRAZIL_ASSIGN_OR_RETURN(field.names, json::Required<std::vector<std::string>>(value, "names"));
  if (const Json* below = json::Find(value, "fields")) {
    FRAZIL_ASSIGN_OR_RETURN(field.fields, ParseMappedFields(*below, depth + 1));
  }
  return field;
}

Result<std::vector<MappedField>> ParseMappedFields(const Json& value, int depth) {
  if (depth > kMaxDepth) return Fail(ErrorKind::kCorrupt, "fields are nested deeper than {} levels", kMaxDepth);
  if (!value.is_array()) return Fail(ErrorKind::kCorrupt, "expected an array of fields, got {}", value.type_name());
  std::vector<MappedField> fields;
  std::set<std::string> names;
  for (const auto& item : value) {
    FRAZIL_ASSIGN_OR_RETURN(auto field, ParseMappedField(item, depth));
    for (const auto& name : field.names) {
      if (!names.insert(name).second) return Fail(ErrorKind::kCorrupt, "name \"{}\" is mapped twice", name);
    }
    fields.push_back(std::move(field));
  }
  return fields;
}

Json MappedFieldsToJson(const std::vector<MappedField>& fields) {
  Json out = Json::array();
  for (const auto& field : fields) {
    Json item = {{"names", field.names}};
    if (field.field_id) item["field-id"] = *field.field_id;
    if (!field.fields.empty()) item["fields"] = MappedFieldsToJson(field.fields);
    out.push_back(std::move(item));
  }
  return out;
}

std::vector<MappedField> MapFields(const std::vector<Field>& fields) {
  std::vector<MappedField> mapped;
  mapped.reserve(fields.size());
  for (const auto& field : fields) {
    mapped.push_back({.field_id = field.id, .names = {field.name}, .fields = MapFields(field.type->fields())});
  }
  return mapped;
}

// `parent` is the id of the field that contains `fields`, if it has one.
void Grow(std::vector<MappedField>& fields, std::optional<int32_t> parent, const std::multimap<int32_t, Field>& added) {
  for (auto& field : fields) Grow(field.fields, field.field_id, added);
  if (!parent) return;
  const auto [first, last] = added.equal_range(*parent);
  std::set<std::string_view> names;
  for (auto column = first; column != last; ++column) names.insert(column->second.name);
  for (auto& sibling : fields) {
    std::erase_if(sibling.names, [&](const std::string& name) { return names.contains(name); });
  }
  for (auto column = first; column != last; ++column) {
    const Field& field = column->second;
    fields.push_back({.field_id = field.id, .names = {field.name}, .fields = MapFields(field.type->fields())});
  }
}

void Rename(std::vector<MappedField>& fields, const std::unordered_map<int32_t, std::string>& names) {
  std::set<std::string_view> given;
  const auto name_of = [&](const MappedField& field) -> const std::string* {
    const auto found = field.field_id ? names.find(*field.field_id) : names.end();
    return found == names.end() ? nullptr : &found->second;
  };
  for (auto& field : fields) {
    Rename(field.fields, names);
    if (const std::string* name = name_of(field)) given.insert(*name);
  }
  if (given.empty()) return;
  for (auto& field : fields) {
    std::erase_if(field.names, [&](const std::string& name) { return given.contains(name); });
    if (const std::string* name = name_of(field)) field.names.push_back(*name);
  }
}

}  // namespace

struct NameMapping::Level {
  explicit Level(const std::vector<MappedField>& fields) {
    for (const MappedField& field : fields) {
      if (!field.fields.empty()) below.emplace(&field, field.fields);
      for (const std::string& name : field.names) by_name.emplace(name, &field);
    }
  }

  std::unordered_map<std::string_view, const MappedField*> by_name;
  std::unordered_map<const MappedField*, Level> below;
};

NameMapping::NameMapping(std::vector<MappedField> fields)
    : fields_(std::make_shared<const std::vector<MappedField>>(std::move(fields))),
      root_(std::make_shared<const Level>(*fields_)) {}

Result<NameMapping> NameMapping::Parse(std::string_view text) {
  auto parse = [&]() -> Result<NameMapping> {
    FRAZIL_ASSIGN_OR_RETURN(const auto value, json::Parse(text));
    FRAZIL_ASSIGN_OR_RETURN(auto fields, ParseMappedFields(value, 0));
    return NameMapping(std::move(fields));
  };
  auto mapping = parse();
  if (!mapping) return Wrap(mapping.error(), "name mapping");
  return mapping;
}

NameMapping NameMapping::For(const Schema& schema) { return NameMapping(MapFields(schema.fields())); }

NameMapping NameMapping::WithColumns(const std::multimap<int32_t, Field>& added) const {
  auto fields = *fields_;
  Grow(fields, 0, added);
  return NameMapping(std::move(fields));
}

NameMapping NameMapping::WithNames(const std::unordered_map<int32_t, std::string>& names) const {
  auto fields = *fields_;
  Rename(fields, names);
  return NameMapping(std::move(fields));
}

std::string NameMapping::ToJson() const { return json::Dump(MappedFieldsToJson(*fields_)); }

std::optional<int32_t> NameMapping::Find(std::span<const std::string> path) const {
  const Level* level = root_.get();
  std::optional<int32_t> id;
  for (const auto& name : path) {
    if (level == nullptr) return std::nullopt;
    const auto found = level->by_name.find(name);
    if (found == level->by_name.end()) return std::nullopt;
    id = found->second->field_id;
    const auto below = level->below.find(found->second);
    level = below == level->below.end() ? nullptr : &below->second;
  }
  return id;
}

}  // namespace frazil::iceberg
