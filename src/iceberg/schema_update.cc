#include "iceberg/schema_update.h"

#include <fmt/core.h>

#include <algorithm>

#include "iceberg/plausible.h"
#include "iceberg/table_rules.h"

namespace frazil::iceberg {
namespace {

// `fields` with `addition` at the end of the struct that lies at or below the field `parent_id`.
std::vector<Field> WithAddition(std::vector<Field> fields, int32_t parent_id, const Field& addition);

TypePtr WithAddition(const TypePtr& type, int32_t parent_id, const Field& addition) {
  if (!type->is_nested()) return type;
  auto below = WithAddition(type->fields(), parent_id, addition);
  switch (type->kind()) {
    case TypeKind::kStruct:
      return Type::Struct(std::move(below));
    case TypeKind::kList:
      return Type::List(below[0].id, below[0].type, below[0].required);
    default:
      return Type::Map(below[0].id, below[0].type, below[1].id, below[1].type, below[1].required);
  }
}

std::vector<Field> WithAddition(std::vector<Field> fields, int32_t parent_id, const Field& addition) {
  for (auto& field : fields) {
    if (field.id != parent_id) {
      field.type = WithAddition(field.type, parent_id, addition);
      continue;
    }
    auto grown = field.type->fields();
    grown.push_back(addition);
    field.type = Type::Struct(std::move(grown));
  }
  return fields;
}

// The fields among which the addition goes, and the id of their parent; 0 for the root.
struct Place {
  const std::vector<Field>* siblings;
  int32_t parent_id;
};

Result<Place> FindPlace(const Schema& schema, const std::string& parent) {
  if (parent.empty()) return Place{&schema.fields(), 0};
  const Field* field = schema.FindByName(parent);
  if (field == nullptr) return Fail(ErrorKind::kInvalidArgument, "there is no column \"{}\" to add to", parent);
  if (field->type->kind() != TypeKind::kStruct) {
    return Fail(ErrorKind::kInvalidArgument, "column \"{}\" is of type {}: only a struct can grow", parent,
                field->type->ToString());
  }
  return Place{&field->type->fields(), field->id};
}

}  // namespace

Result<std::vector<TableUpdate>> AddColumns(const TableMetadata& base, const std::vector<ColumnAddition>& additions) {
  const auto current = base.schema();
  int32_t schema_id = 0;
  for (const auto& schema : base.schemas) schema_id = std::max(schema_id, schema->schema_id() + 1);
  FRAZIL_RETURN_IF_ERROR(CheckPlausible("the next schema-id", schema_id, kLargestId));
  auto grown = current;
  int32_t last_column_id = base.last_column_id;
  for (const auto& addition : additions) {
    const std::string name =
        addition.parent.empty() ? addition.field.name : addition.parent + "." + addition.field.name;
    FRAZIL_ASSIGN_OR_RETURN(const auto place, FindPlace(*grown, addition.parent));
    const auto there = std::find_if(place.siblings->begin(), place.siblings->end(),
                                    [&](const Field& field) { return field.name == addition.field.name; });
    if (there != place.siblings->end()) {
      if (SameShape(*there->type, *addition.field.type)) continue;
      return Fail(ErrorKind::kInvalidArgument, "column \"{}\" is already there with type {}, not {}", name,
                  there->type->ToString(), addition.field.type->ToString());
    }
    if (addition.field.required) {
      return Fail(ErrorKind::kInvalidArgument,
                  "column \"{}\" can not be required: the table's older rows do not have it", name);
    }
    constexpr int64_t kRoom = 1 << 20;  // more fields than any addition has
    if (last_column_id > kLargestFieldId - kRoom) {
      return Fail(ErrorKind::kInvalidArgument, "column \"{}\" finds no field id: the last that was used is {}", name,
                  last_column_id);
    }
    const auto fresh = AssignFreshIds({addition.field}, last_column_id + 1, &last_column_id);
    auto fields = grown->fields();
    if (place.parent_id == 0) {
      fields.push_back(fresh.front());
    } else {
      fields = WithAddition(std::move(fields), place.parent_id, fresh.front());
    }
    grown = std::make_shared<const Schema>(schema_id, std::move(fields), current->identifier_field_ids());
  }
  if (grown == current) return std::vector<TableUpdate>{};
  FRAZIL_RETURN_IF_ERROR(CheckSchema(*grown, base.format_version));
  for (const auto& spec : base.partition_specs) FRAZIL_RETURN_IF_ERROR(CheckNames(*spec, *grown));
  return std::vector<TableUpdate>{AddSchema{grown, last_column_id}, SetCurrentSchema{kLastAdded}};
}

}  // namespace frazil::iceberg
