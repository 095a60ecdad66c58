#include "iceberg/schema_update.h"

#include <fmt/core.h>

#include <algorithm>
#include <functional>
#include <map>
#include <utility>

#include "common/log.h"
#include "iceberg/column_names.h"
#include "iceberg/name_mapping.h"
#include "iceberg/plausible.h"
#include "iceberg/table_rules.h"

namespace frazil::iceberg {
namespace {

using FieldEdit = std::function<void(Field&)>;

// `fields` with the one of this id edited, at whatever depth it lies.
std::vector<Field> WithEdit(std::vector<Field> fields, int32_t id, const FieldEdit& edit) {
  for (auto& field : fields) {
    if (field.id == id) {
      edit(field);
      continue;
    }
    if (!field.type->is_nested()) continue;
    auto below = WithEdit(field.type->fields(), id, edit);
    switch (field.type->kind()) {
      case TypeKind::kStruct:
        field.type = Type::Struct(std::move(below));
        break;
      case TypeKind::kList:
        field.type = Type::List(below[0].id, below[0].type, below[0].required);
        break;
      default:
        field.type = Type::Map(below[0].id, below[0].type, below[1].id, below[1].type, below[1].required);
    }
  }
  return fields;
}

// A schema while it is changed.
class Growth {
 public:
  explicit Growth(const TableMetadata& base)
      : base_(base),
        grown_(base.schema()),
        last_column_id_(base.last_column_id),
        names_(base.partition_specs, *grown_) {
    for (const auto& schema : base.schemas) schema_id_ = std::max(schema_id_, schema->schema_id() + 1);
    for (const auto& field : grown_->fields()) names_.Take("", field);
  }

  Status Add(const ColumnAddition& addition) {
    FRAZIL_ASSIGN_OR_RETURN(const auto* siblings, Siblings(addition.parent_id));
    const std::string above = grown_->FullName(addition.parent_id);
    const std::string name = above.empty() ? addition.field.name : above + "." + addition.field.name;
    const auto there = std::find_if(siblings->begin(), siblings->end(),
                                    [&](const Field& field) { return field.name == addition.field.name; });
    if (there != siblings->end()) {
      if (SameShape(*there->type, *addition.field.type)) return {};
      return Fail(ErrorKind::kInvalidArgument, "column \"{}\" is already there with type {}, not {}", name,
                  there->type->ToString(), addition.field.type->ToString());
    }
    if (addition.field.required) {
      return Fail(ErrorKind::kInvalidArgument,
                  "column \"{}\" can not be required: the table's older rows do not have it", name);
    }
    if (const auto clash = names_.TakeNew(above, addition.field)) {
      return Fail(ErrorKind::kInvalidArgument, "column \"{}\": {}", clash->column, clash->why);
    }
    constexpr int64_t kRoom = 1 << 20;  // more fields than any addition has
    if (last_column_id_ > kLargestFieldId - kRoom) {
      return Fail(ErrorKind::kInvalidArgument, "column \"{}\" finds no field id: the last that was used is {}", name,
                  last_column_id_);
    }
    const auto fresh = AssignFreshIds({addition.field}, last_column_id_ + 1, &last_column_id_).front();
    auto fields = grown_->fields();
    if (addition.parent_id == 0) {
      fields.push_back(fresh);
    } else {
      fields = WithEdit(std::move(fields), addition.parent_id, [&](Field& parent) {
        auto members = parent.type->fields();
        members.push_back(fresh);
        parent.type = Type::Struct(std::move(members));
      });
    }
    Become(std::move(fields));
    added_.emplace(addition.parent_id, fresh);
    return {};
  }

  Status Promote(const ColumnPromotion& promotion) {
    const Field* column = grown_->FindById(promotion.field_id);
    if (column == nullptr) {
      return Fail(ErrorKind::kInvalidArgument, "there is no column with field id {}", promotion.field_id);
    }
    if (SameShape(*column->type, *promotion.type) || CanPromote(*promotion.type, *column->type)) return {};
    if (!CanPromote(*column->type, *promotion.type)) {
      return Fail(ErrorKind::kInvalidArgument, "column \"{}\" is {} and can not become {}",
                  grown_->FullName(promotion.field_id), column->type->ToString(), promotion.type->ToString());
    }
    Become(WithEdit(grown_->fields(), promotion.field_id, [&](Field& field) { field.type = promotion.type; }));
    return {};
  }

  Result<std::vector<TableUpdate>> Updates() const {
    if (grown_ == base_.schema()) return std::vector<TableUpdate>{};
    FRAZIL_RETURN_IF_ERROR(CheckPlausible("the next schema-id", schema_id_, kLargestId));
    FRAZIL_RETURN_IF_ERROR(CheckSchema(*grown_, base_.format_version));
    FRAZIL_RETURN_IF_ERROR(CheckNames(base_.partition_specs, *grown_));
    std::vector<TableUpdate> updates{AddSchema{grown_, last_column_id_}, SetCurrentSchema{kLastAdded}};
    const std::string key(kNameMappingProperty);
    const auto mapping = base_.properties.find(key);
    if (mapping == base_.properties.end() || added_.empty()) return updates;
    if (const auto parsed = NameMapping::Parse(mapping->second)) {
      updates.emplace_back(SetProperties{{{key, parsed->WithColumns(added_).ToJson()}}});
    } else {
      // The reference goes on too: what is in it was of no use before.
      log::warn("the table's {} cannot be read and stays as it is: {}", key, parsed.error().message);
    }
    return updates;
  }

 private:
  Result<const std::vector<Field>*> Siblings(int32_t parent_id) const {
    if (parent_id == 0) return &grown_->fields();
    const Field* parent = grown_->FindById(parent_id);
    if (parent == nullptr) {
      return Fail(ErrorKind::kInvalidArgument, "there is no column with field id {} to add to", parent_id);
    }
    if (parent->type->kind() != TypeKind::kStruct) {
      return Fail(ErrorKind::kInvalidArgument, "column \"{}\" is of type {}: only a struct can grow",
                  grown_->FullName(parent_id), parent->type->ToString());
    }
    return &parent->type->fields();
  }

  void Become(std::vector<Field> fields) {
    grown_ = std::make_shared<const Schema>(schema_id_, std::move(fields), base_.schema()->identifier_field_ids());
  }

  const TableMetadata& base_;
  SchemaPtr grown_;
  int32_t schema_id_ = 0;
  int32_t last_column_id_;
  ColumnNames names_;
  std::multimap<int32_t, Field> added_;  // by parent, with their ids
};

bool Reach(const Field& column, const Type& wanted, SchemaChange& change) {
  const Type& type = *column.type;
  if (!type.is_nested() || type.kind() != wanted.kind()) {
    if (SameShape(type, wanted) || CanPromote(wanted, type)) return true;
    if (!CanPromote(type, wanted)) return false;
    change.promotions.push_back({column.id, std::make_shared<const Type>(wanted)});
    return true;
  }
  switch (type.kind()) {
    case TypeKind::kList:
      return Reach(type.element(), *wanted.element().type, change);
    case TypeKind::kMap:  // keys stay as they are
      return SameShape(*type.key().type, *wanted.key().type) && Reach(type.value(), *wanted.value().type, change);
    default:
      return std::all_of(wanted.fields().begin(), wanted.fields().end(), [&](const Field& member) {
        const auto there = std::find_if(type.fields().begin(), type.fields().end(),
                                        [&](const Field& field) { return field.name == member.name; });
        if (there != type.fields().end()) return Reach(*there, *member.type, change);
        change.additions.push_back({column.id, member});
        return !member.required;
      });
  }
}

}  // namespace

bool CanPromote(const Type& from, const Type& to) {
  switch (from.kind()) {
    case TypeKind::kInt:
      return to.kind() == TypeKind::kLong;
    case TypeKind::kFloat:
      return to.kind() == TypeKind::kDouble;
    case TypeKind::kDecimal:
      return to.kind() == TypeKind::kDecimal && to.scale() == from.scale() && to.precision() > from.precision();
    default:
      return false;
  }
}

std::optional<SchemaChange> ChangeTo(const Field& column, const Type& wanted) {
  SchemaChange change;
  if (!Reach(column, wanted, change)) return std::nullopt;
  return change;
}

Result<std::vector<TableUpdate>> ChangeSchema(const TableMetadata& base, const SchemaChange& change) {
  Growth growth(base);
  for (const auto& addition : change.additions) FRAZIL_RETURN_IF_ERROR(growth.Add(addition));
  for (const auto& promotion : change.promotions) FRAZIL_RETURN_IF_ERROR(growth.Promote(promotion));
  return growth.Updates();
}

Result<std::vector<TableUpdate>> AddColumns(const TableMetadata& base, const std::vector<ColumnAddition>& additions) {
  return ChangeSchema(base, {additions, {}});
}

}  // namespace frazil::iceberg
