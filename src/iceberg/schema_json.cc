#include "iceberg/schema_json.h"

#include <fmt/core.h>

#include "iceberg/json_members.h"

namespace frazil::iceberg {
namespace {

using json::Json;

// No real table is nested this deep. The limit protects the stack from hostile input.
constexpr int kMaxDepth = 100;

Json FieldToJson(const Field& field) {
  Json out = {{"id", field.id}, {"name", field.name}, {"required", field.required}, {"type", ToJson(*field.type)}};
  if (!field.doc.empty()) out["doc"] = field.doc;
  // The text is known to be JSON.
  if (field.initial_default) out["initial-default"] = Json::parse(*field.initial_default, nullptr, false);
  if (field.write_default) out["write-default"] = Json::parse(*field.write_default, nullptr, false);
  return out;
}

Result<TypePtr> ParseTypeAt(const Json& value, int depth);

Result<Field> ParseField(const Json& value, int depth) {
  FRAZIL_RETURN_IF_ERROR(json::ExpectObject(value, "a schema's field"));
  Field field;
  FRAZIL_ASSIGN_OR_RETURN(field.id, json::Required<int32_t>(value, "id"));
  FRAZIL_ASSIGN_OR_RETURN(field.name, json::Required<std::string>(value, "name"));
  auto rest = [&]() -> Status {
    FRAZIL_ASSIGN_OR_RETURN(field.required, json::Required<bool>(value, "required"));
    FRAZIL_ASSIGN_OR_RETURN(field.doc, json::Otherwise<std::string>(value, "doc", ""));
    FRAZIL_ASSIGN_OR_RETURN(auto type, json::Required<Json>(value, "type"));
    FRAZIL_ASSIGN_OR_RETURN(field.type, ParseTypeAt(type, depth + 1));
    if (const auto* initial = json::Find(value, "initial-default")) field.initial_default = json::Dump(*initial);
    if (const auto* write = json::Find(value, "write-default")) field.write_default = json::Dump(*write);
    return {};
  }();
  if (!rest) return Wrap(rest.error(), fmt::format("column \"{}\" ({})", field.name, field.id));
  return field;
}

Result<std::vector<Field>> ParseFields(const Json& value, int depth) {
  FRAZIL_ASSIGN_OR_RETURN(auto items, json::Required<std::vector<Json>>(value, "fields"));
  std::vector<Field> fields;
  fields.reserve(items.size());
  for (const auto& item : items) {
    FRAZIL_ASSIGN_OR_RETURN(fields.emplace_back(), ParseField(item, depth));
  }
  return fields;
}

Result<TypePtr> ParseNested(const Json& value, const std::string& kind, int depth) {
  if (kind == "struct") {
    FRAZIL_ASSIGN_OR_RETURN(auto fields, ParseFields(value, depth));
    return Type::Struct(std::move(fields));
  }
  if (kind == "list") {
    FRAZIL_ASSIGN_OR_RETURN(auto element_id, json::Required<int32_t>(value, "element-id"));
    FRAZIL_ASSIGN_OR_RETURN(auto element_required, json::Required<bool>(value, "element-required"));
    FRAZIL_ASSIGN_OR_RETURN(auto element, json::Required<Json>(value, "element"));
    FRAZIL_ASSIGN_OR_RETURN(auto element_type, ParseTypeAt(element, depth + 1));
    return Type::List(element_id, std::move(element_type), element_required);
  }
  if (kind == "map") {
    FRAZIL_ASSIGN_OR_RETURN(auto key_id, json::Required<int32_t>(value, "key-id"));
    FRAZIL_ASSIGN_OR_RETURN(auto value_id, json::Required<int32_t>(value, "value-id"));
    FRAZIL_ASSIGN_OR_RETURN(auto value_required, json::Required<bool>(value, "value-required"));
    FRAZIL_ASSIGN_OR_RETURN(auto key, json::Required<Json>(value, "key"));
    FRAZIL_ASSIGN_OR_RETURN(auto key_type, ParseTypeAt(key, depth + 1));
    FRAZIL_ASSIGN_OR_RETURN(auto item, json::Required<Json>(value, "value"));
    FRAZIL_ASSIGN_OR_RETURN(auto value_type, ParseTypeAt(item, depth + 1));
    return Type::Map(key_id, std::move(key_type), value_id, std::move(value_type), value_required);
  }
  return Fail(ErrorKind::kCorrupt, "\"{}\" is no nested type: expected struct, list or map", kind);
}

Result<TypePtr> ParseTypeAt(const Json& value, int depth) {
  if (depth > kMaxDepth) return Fail(ErrorKind::kCorrupt, "types are nested deeper than {} levels", kMaxDepth);
  if (value.is_string()) {
    auto type = ParsePrimitiveType(value.get_ref<const std::string&>());
    if (!type) return Fail(ErrorKind::kCorrupt, "{}", type.error().message);
    return type;
  }
  FRAZIL_RETURN_IF_ERROR(json::ExpectObject(value, "a type"));
  FRAZIL_ASSIGN_OR_RETURN(auto kind, json::Required<std::string>(value, "type"));
  return ParseNested(value, kind, depth);
}

// Ids are looked up everywhere, so a duplicate id would make every lookup ambiguous.
Status CheckUniqueIds(const Schema& schema, const std::vector<Field>& fields) {
  for (const auto& field : fields) {
    if (schema.FindById(field.id) != &field) {
      return Fail(ErrorKind::kCorrupt, "columns \"{}\" and \"{}\" have the same id {}", schema.FullName(field.id),
                  field.name, field.id);
    }
    if (field.type->is_nested()) FRAZIL_RETURN_IF_ERROR(CheckUniqueIds(schema, field.type->fields()));
  }
  return {};
}

}  // namespace

Json ToJson(const Type& type) {
  switch (type.kind()) {
    case TypeKind::kStruct: {
      Json fields = Json::array();
      for (const auto& field : type.fields()) fields.push_back(FieldToJson(field));
      return {{"type", "struct"}, {"fields", std::move(fields)}};
    }
    case TypeKind::kList:
      return {{"type", "list"},
              {"element-id", type.element().id},
              {"element", ToJson(*type.element().type)},
              {"element-required", type.element().required}};
    case TypeKind::kMap:
      return {{"type", "map"},
              {"key-id", type.key().id},
              {"key", ToJson(*type.key().type)},
              {"value-id", type.value().id},
              {"value", ToJson(*type.value().type)},
              {"value-required", type.value().required}};
    default:
      return type.ToString();
  }
}

Json ToJson(const Schema& schema) {
  Json out = ToJson(*schema.root());
  out["schema-id"] = schema.schema_id();
  if (!schema.identifier_field_ids().empty()) out["identifier-field-ids"] = schema.identifier_field_ids();
  return out;
}

Result<TypePtr> ParseType(const Json& value) { return ParseTypeAt(value, 0); }

Result<SchemaPtr> ParseSchema(const Json& value) {
  auto parse = [&]() -> Result<SchemaPtr> {
    FRAZIL_RETURN_IF_ERROR(json::ExpectObject(value, "a schema"));
    FRAZIL_ASSIGN_OR_RETURN(auto id, json::Otherwise<int32_t>(value, "schema-id", 0));
    FRAZIL_ASSIGN_OR_RETURN(auto identifiers, json::Otherwise<std::vector<int32_t>>(value, "identifier-field-ids", {}));
    FRAZIL_ASSIGN_OR_RETURN(auto fields, ParseFields(value, 0));
    auto schema = std::make_shared<const Schema>(id, std::move(fields), std::move(identifiers));
    FRAZIL_RETURN_IF_ERROR(CheckUniqueIds(*schema, schema->fields()));
    return schema;
  };
  auto schema = parse();
  if (!schema) return Wrap(schema.error(), "schema");
  return schema;
}

}  // namespace frazil::iceberg
