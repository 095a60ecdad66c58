#include "iceberg/table_rules.h"

#include <fmt/core.h>

#include <algorithm>
#include <memory>
#include <set>
#include <string>

#include "iceberg/column_names.h"
#include "iceberg/plausible.h"

namespace frazil::iceberg {
namespace {

Status CheckFields(const Schema& schema, const std::vector<Field>& fields, int32_t format_version) {
  for (const auto& field : fields) {
    const std::string name = schema.FullName(field.id);
    if (field.id > kLargestFieldId) {
      return Fail(ErrorKind::kInvalidArgument, "column \"{}\": field ids above {} are reserved, this one is {}", name,
                  kLargestFieldId, field.id);
    }
    if (format_version < FirstVersionWith(field.type->kind())) {
      return Fail(ErrorKind::kInvalidArgument, "column \"{}\": type {} needs format version {}, the table has {}", name,
                  field.type->ToString(), FirstVersionWith(field.type->kind()), format_version);
    }
    if (format_version < 3 && field.initial_default) {
      return Fail(ErrorKind::kInvalidArgument, "column \"{}\": an initial default needs format version 3", name);
    }
    if (field.type->is_nested()) FRAZIL_RETURN_IF_ERROR(CheckFields(schema, field.type->fields(), format_version));
  }
  return {};
}

// True if `id` is in `fields`, or below them through required structs only.
bool ReachedThroughRequired(const std::vector<Field>& fields, int32_t id) {
  return std::any_of(fields.begin(), fields.end(), [id](const Field& field) {
    if (!field.required) return false;
    return field.id == id ||
           (field.type->kind() == TypeKind::kStruct && ReachedThroughRequired(field.type->fields(), id));
  });
}

Status CheckIdentifier(const Schema& schema, int32_t id) {
  const Field* field = schema.FindById(id);
  if (field == nullptr) return Fail(ErrorKind::kInvalidArgument, "identifier field {} is no column", id);
  const auto kind = field->type->kind();
  if (field->type->is_nested() || kind == TypeKind::kFloat || kind == TypeKind::kDouble ||
      !ReachedThroughRequired(schema.fields(), id)) {
    return Fail(ErrorKind::kInvalidArgument,
                "column \"{}\" can not be an identifier: that must be required, primitive, no float or double and not "
                "below a list, map or optional struct",
                schema.FullName(id));
  }
  return {};
}

Status CheckIds(const std::vector<Field>& fields, std::set<int32_t>& seen) {
  for (const auto& field : fields) {
    if (!seen.insert(field.id).second) {
      return Fail(ErrorKind::kInvalidArgument, "column \"{}\": another column has the same field id, {}", field.name,
                  field.id);
    }
    FRAZIL_RETURN_IF_ERROR(CheckIds(field.type->fields(), seen));
  }
  return {};
}

// Checks the rules for any schema of a table.
Status CheckIdsAndNames(const Schema& schema) {
  std::set<int32_t> ids;
  FRAZIL_RETURN_IF_ERROR(CheckIds(schema.fields(), ids));
  return CheckNames({}, schema);
}

std::string Describe(const PartitionField& field) { return fmt::format("partition field \"{}\"", field.name); }

// Checks the source column of a partition or sort field. `what` names the field in messages.
Status CheckSource(const Schema& schema, int32_t source_id, const Transform& transform, const std::string& what) {
  if (transform.kind == TransformKind::kUnknown) {
    return Fail(ErrorKind::kUnsupported, "{}: transform \"{}\" is not known", what, transform.text);
  }
  const Field* source = schema.FindById(source_id);
  if (source == nullptr) return Fail(ErrorKind::kInvalidArgument, "{}: no column has id {}", what, source_id);
  if (schema.InRepeated(source_id)) {
    return Fail(ErrorKind::kInvalidArgument, "{}: column \"{}\" is part of a list or map", what,
                schema.FullName(source_id));
  }
  if (auto type = transform.ResultType(*source->type); !type) {
    return Wrap(type.error(), fmt::format("{}: column \"{}\"", what, schema.FullName(source_id)));
  }
  return {};
}

}  // namespace

int32_t FirstVersionWith(TypeKind kind) {
  switch (kind) {
    case TypeKind::kTimestampNs:
    case TypeKind::kTimestampTzNs:
    case TypeKind::kUnknown:
    case TypeKind::kVariant:
    case TypeKind::kGeometry:
    case TypeKind::kGeography:
      return 3;
    default:
      return 1;
  }
}

Status CheckSchema(const Schema& schema, int32_t format_version) {
  FRAZIL_RETURN_IF_ERROR(CheckIdsAndNames(schema));
  FRAZIL_RETURN_IF_ERROR(CheckFields(schema, schema.fields(), format_version));
  for (const int32_t id : schema.identifier_field_ids()) FRAZIL_RETURN_IF_ERROR(CheckIdentifier(schema, id));
  return {};
}

Status CheckSources(const PartitionSpec& spec, const Schema& schema) {
  for (const auto& field : spec.fields) {
    // In v1, void is what remains of a dropped field. Its source may be gone, too.
    if (field.transform.kind == TransformKind::kVoid) continue;
    FRAZIL_RETURN_IF_ERROR(CheckSource(schema, field.source_id, field.transform, Describe(field)));
  }
  return {};
}

Status CheckNames(const std::vector<PartitionSpecPtr>& specs, const Schema& schema) {
  ColumnNames names(specs, schema);
  for (const auto& field : schema.fields()) {
    if (const auto clash = names.Take("", field)) {
      return Fail(ErrorKind::kInvalidArgument, "column \"{}\": {}", clash->column, clash->why);
    }
  }
  return {};
}

Status CheckLoadable(const TableMetadata& table) {
  const auto corrupt = [](const Status& status, int32_t schema_id) {
    return Fail(ErrorKind::kCorrupt, "schema {}: {}", schema_id, status.error().message);
  };
  for (const auto& schema : table.schemas) {
    if (const auto status = CheckIdsAndNames(*schema); !status) return corrupt(status, schema->schema_id());
  }
  const auto status = CheckNames(table.partition_specs, *table.schema());
  return status ? Status() : corrupt(status, table.current_schema_id);
}

Status CheckNewSpec(const PartitionSpec& spec, const Schema& schema) {
  FRAZIL_RETURN_IF_ERROR(CheckSources(spec, schema));
  FRAZIL_RETURN_IF_ERROR(CheckNames({std::make_shared<const PartitionSpec>(spec)}, schema));
  std::set<std::string_view> names;
  for (const auto& field : spec.fields) {
    if (field.name.empty() || !names.insert(field.name).second) {
      return Fail(ErrorKind::kInvalidArgument, "{}: a name must stand there once and not be empty", Describe(field));
    }
    if (schema.FindByName(field.name) != nullptr && field.transform.kind != TransformKind::kIdentity) {
      return Fail(ErrorKind::kInvalidArgument, "{}: only the identity of a column may have its name", Describe(field));
    }
  }
  return {};
}

Status CheckSortOrder(const SortOrder& order, const Schema& schema) {
  for (const auto& field : order.fields) {
    FRAZIL_RETURN_IF_ERROR(CheckSource(schema, field.source_id, field.transform,
                                       fmt::format("sort field {} of order {}", field.source_id, order.order_id)));
  }
  return {};
}

bool EquivalentFields(const PartitionSpec& a, const PartitionSpec& b) {
  return std::equal(a.fields.begin(), a.fields.end(), b.fields.begin(), b.fields.end(),
                    [](const PartitionField& left, const PartitionField& right) {
                      return left.source_id == right.source_id && left.name == right.name &&
                             left.transform == right.transform;
                    });
}

}  // namespace frazil::iceberg
