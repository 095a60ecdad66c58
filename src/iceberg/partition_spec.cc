#include "iceberg/partition_spec.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "common/text/url.h"
#include "iceberg/json_members.h"

namespace frazil::iceberg {
namespace {
using json::Json;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
}  // namespace

bool PartitionSpec::unpartitioned() const {
  return std::all_of(fields.begin(), fields.end(),
                     [](const PartitionField& field) { return field.transform.kind == TransformKind::kVoid; });
}

Result<TypePtr> PartitionSpec::PartitionType(const Schema& schema) const {
  std::vector<Field> out;
  out.reserve(fields.size());
  for (const auto& field : fields) {
    const Field* source = schema.FindById(field.source_id);
    auto type = source == nullptr ? Result<TypePtr>(Type::Primitive(TypeKind::kUnknown))
                                  : field.transform.ResultType(*source->type);
    if (!type) return Wrap(type.error(), fmt::format("partition field \"{}\"", field.name));
    out.push_back({.id = field.field_id, .name = field.name, .type = std::move(*type)});
  }
  return Type::Struct(std::move(out));
}

std::string PartitionSpec::PartitionPath(const Schema& schema, const std::vector<Literal>& partition) const {
  if (unpartitioned()) return {};
  std::string path;
  for (size_t i = 0; i < fields.size(); ++i) {
    const Field* source = schema.FindById(fields[i].source_id);
    const bool known = source != nullptr && i < partition.size();
    const std::string value = known ? fields[i].transform.ToHuman(*source->type, partition[i]) : "null";
    if (i > 0) path += '/';
    path += EncodeForm(fields[i].name) + "=" + EncodeForm(value);
  }
  return path;
}

Json FieldsToJson(const PartitionSpec& spec) {
  Json out = Json::array();
  for (const auto& field : spec.fields) {
    out.push_back({{"source-id", field.source_id},
                   {"field-id", field.field_id},
                   {"name", field.name},
                   {"transform", field.transform.ToString()}});
  }
  return out;
}

Json ToJson(const PartitionSpec& spec) { return {{"spec-id", spec.spec_id}, {"fields", FieldsToJson(spec)}}; }

Result<std::vector<PartitionField>> ParsePartitionFields(const Json& value) {
  std::vector<Json> items;
  if (auto status = json::Read(value, &items); !status) return Wrap(status.error(), "partition fields");
  std::vector<PartitionField> fields;
  for (const auto& item : items) {
    auto parse = [&]() -> Status {
      auto& field = fields.emplace_back();
      FRAZIL_RETURN_IF_ERROR(json::ExpectObject(item, "partition field"));
      FRAZIL_ASSIGN_OR_RETURN(field.name, json::Required<std::string>(item, "name"));
      FRAZIL_ASSIGN_OR_RETURN(field.source_id, json::ReadSourceId(item));
      FRAZIL_ASSIGN_OR_RETURN(auto transform, json::Required<std::string>(item, "transform"));
      field.transform = Transform::Parse(transform);
      // v1 may leave out the ids; then they count up from 1000 (spec, "Partition Evolution").
      const auto place = static_cast<int32_t>(fields.size() - 1);
      FRAZIL_ASSIGN_OR_RETURN(field.field_id, json::Otherwise(item, "field-id", kFirstPartitionFieldId + place));
      return {};
    }();
    if (!parse) return Wrap(parse.error(), fmt::format("partition field {}", fields.size()));
  }
  return fields;
}

Result<PartitionSpec> ParsePartitionSpec(const Json& value) {
  FRAZIL_RETURN_IF_ERROR(json::ExpectObject(value, "a partition spec"));
  PartitionSpec spec;
  FRAZIL_ASSIGN_OR_RETURN(spec.spec_id, json::Required<int32_t>(value, "spec-id"));
  FRAZIL_ASSIGN_OR_RETURN(auto fields, json::Required<Json>(value, "fields"));
  FRAZIL_ASSIGN_OR_RETURN(spec.fields, ParsePartitionFields(fields));
  return spec;
}

std::string PartitionKey(int32_t spec_id, const std::vector<Literal>& partition) {
  std::string key = fmt::format("{}", spec_id);
  const auto add = [&](char kind, const auto& value) {
    key += kind;
    key.append(reinterpret_cast<const char*>(&value), sizeof(value));
  };
  for (const auto& literal : partition) {
    if (IsNull(literal)) {
      key += '0';
    } else if (const auto* flag = std::get_if<bool>(&literal)) {
      add('b', *flag);
    } else if (const auto* narrow = std::get_if<int32_t>(&literal)) {
      add('i', int64_t{*narrow});
    } else if (const auto* wide = std::get_if<int64_t>(&literal)) {
      add('i', *wide);
    } else if (const auto* single = std::get_if<float>(&literal)) {
      add('f', std::isnan(*single) ? kNan : double{*single});
    } else if (const auto* twice = std::get_if<double>(&literal)) {
      add('f', std::isnan(*twice) ? kNan : *twice);
    } else if (const auto* unscaled = std::get_if<Int128>(&literal)) {
      add('d', *unscaled);
    } else {
      const auto& text = std::get<std::string>(literal);
      add('s', text.size());
      key += text;
    }
  }
  return key;
}

}  // namespace frazil::iceberg
