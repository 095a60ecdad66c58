#include "iceberg/schema_update.h"

#include <fmt/core.h>

#include <algorithm>
#include <map>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "common/log.h"
#include "iceberg/column_names.h"
#include "iceberg/name_mapping.h"
#include "iceberg/plausible.h"
#include "iceberg/table_rules.h"

namespace frazil::iceberg {
namespace {

// The edits of a schema, by column id; 0 is the root.
struct Edits {
  std::unordered_map<int32_t, std::vector<Field>> added;  // by the struct that they are added to
  std::unordered_map<int32_t, TypePtr> promoted;
};

// The fields of the struct, list or map `id`, with all edits at every depth.
std::vector<Field> WithEdits(std::vector<Field> fields, int32_t id, const Edits& edits) {
  if (const auto added = edits.added.find(id); added != edits.added.end()) {
    fields.insert(fields.end(), added->second.begin(), added->second.end());
  }
  for (auto& field : fields) {
    if (const auto promoted = edits.promoted.find(field.id); promoted != edits.promoted.end()) {
      field.type = promoted->second;
    }
    if (!field.type->is_nested()) continue;
    auto below = WithEdits(field.type->fields(), field.id, edits);
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

// A schema that is being changed. Edits are collected and applied once, because a table may get thousands of columns at
// a time.
class Growth {
 public:
  explicit Growth(const TableMetadata& base)
      : base_(base),
        before_(*base.schema()),
        last_column_id_(base.last_column_id),
        names_(base.partition_specs, before_) {
    for (const auto& schema : base.schemas) schema_id_ = std::max(schema_id_, schema->schema_id() + 1);
    for (const auto& field : before_.fields()) names_.Take("", field);
  }

  Status Add(const ColumnAddition& addition) {
    FRAZIL_ASSIGN_OR_RETURN(Siblings* const siblings, SiblingsIn(addition.parent_id));
    const std::string above = FullName(addition.parent_id);
    const std::string name = above.empty() ? addition.field.name : above + "." + addition.field.name;
    if (const auto there = siblings->find(addition.field.name); there != siblings->end()) {
      if (SameShape(*there->second, *addition.field.type)) return {};
      return Fail(ErrorKind::kInvalidArgument, "column \"{}\" is already there with type {}, not {}", name,
                  there->second->ToString(), addition.field.type->ToString());
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
    auto fresh = AssignFreshIds({addition.field}, last_column_id_ + 1, &last_column_id_).front();
    siblings->emplace(fresh.name, fresh.type);
    Note(fresh, name);
    edits_.added[addition.parent_id].push_back(std::move(fresh));
    return {};
  }

  Status Promote(const ColumnPromotion& promotion) {
    const Field* column = Find(promotion.field_id);
    if (column == nullptr) {
      return Fail(ErrorKind::kInvalidArgument, "there is no column with field id {}", promotion.field_id);
    }
    const auto promoted = edits_.promoted.find(promotion.field_id);
    const Type& type = promoted == edits_.promoted.end() ? *column->type : *promoted->second;
    if (SameShape(type, *promotion.type) || CanPromote(*promotion.type, type)) return {};
    if (!CanPromote(type, *promotion.type)) {
      return Fail(ErrorKind::kInvalidArgument, "column \"{}\" is {} and can not become {}",
                  FullName(promotion.field_id), type.ToString(), promotion.type->ToString());
    }
    edits_.promoted.insert_or_assign(promotion.field_id, promotion.type);
    return {};
  }

  Result<std::vector<TableUpdate>> Updates() const {
    if (edits_.added.empty() && edits_.promoted.empty()) return std::vector<TableUpdate>{};
    FRAZIL_RETURN_IF_ERROR(CheckPlausible("the next schema-id", schema_id_, kLargestId));
    const auto grown = std::make_shared<const Schema>(schema_id_, WithEdits(before_.fields(), 0, edits_),
                                                      before_.identifier_field_ids());
    FRAZIL_RETURN_IF_ERROR(CheckSchema(*grown, base_.format_version));
    FRAZIL_RETURN_IF_ERROR(CheckNames(base_.partition_specs, *grown));
    std::vector<TableUpdate> updates{AddSchema{grown, last_column_id_}, SetCurrentSchema{kLastAdded}};
    const std::string key(kNameMappingProperty);
    const auto mapping = base_.properties.find(key);
    if (mapping == base_.properties.end() || edits_.added.empty()) return updates;
    if (const auto parsed = NameMapping::Parse(mapping->second)) {
      std::multimap<int32_t, Field> added;  // by parent, in the order in which they came
      for (const auto& [parent, fields] : edits_.added) {
        for (const Field& field : fields) added.emplace(parent, field);
      }
      updates.emplace_back(SetProperties{{{key, parsed->WithColumns(added).ToJson()}}});
    } else {
      // The reference implementation continues, too: an unreadable mapping had no effect before either.
      log::warn("the table's {} cannot be read and stays as it is: {}", key, parsed.error().message);
    }
    return updates;
  }

 private:
  using Siblings = std::unordered_map<std::string, TypePtr>;
  struct Place {
    Field field;
    std::string full_name;
  };

  // An existing or a new field.
  const Field* Find(int32_t id) const {
    const auto came = came_.find(id);
    return came == came_.end() ? before_.FindById(id) : &came->second.field;
  }
  std::string FullName(int32_t id) const {
    const auto came = came_.find(id);
    return came == came_.end() ? before_.FullName(id) : came->second.full_name;
  }
  // Makes a new column known, because it may get columns below it.
  void Note(const Field& field, const std::string& full_name) {
    for (const Field& below : field.type->fields()) Note(below, full_name + "." + below.name);
    came_.emplace(field.id, Place{field, full_name});
  }

  Result<Siblings*> SiblingsIn(int32_t parent_id) {
    if (const auto known = siblings_.find(parent_id); known != siblings_.end()) return &known->second;
    const std::vector<Field>* fields = &before_.fields();
    if (parent_id != 0) {
      const Field* parent = Find(parent_id);
      if (parent == nullptr) {
        return Fail(ErrorKind::kInvalidArgument, "there is no column with field id {} to add to", parent_id);
      }
      if (parent->type->kind() != TypeKind::kStruct) {
        return Fail(ErrorKind::kInvalidArgument, "column \"{}\" is of type {}: only a struct can grow",
                    FullName(parent_id), parent->type->ToString());
      }
      fields = &parent->type->fields();
    }
    Siblings& siblings = siblings_[parent_id];
    for (const Field& field : *fields) siblings.emplace(field.name, field.type);
    return &siblings;
  }

  const TableMetadata& base_;
  const Schema& before_;
  int32_t schema_id_ = 0;
  int32_t last_column_id_;
  ColumnNames names_;
  std::unordered_map<int32_t, Siblings> siblings_;  // by parent
  std::unordered_map<int32_t, Place> came_;         // fields at every depth
  Edits edits_;
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
      std::unordered_map<std::string_view, const Field*> there;
      for (const Field& field : type.fields()) there.emplace(field.name, &field);
      return std::all_of(wanted.fields().begin(), wanted.fields().end(), [&](const Field& member) {
        const auto found = there.find(member.name);
        if (found != there.end()) return Reach(*found->second, *member.type, change);
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
