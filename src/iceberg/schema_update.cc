#include "iceberg/schema_update.h"

#include <fmt/core.h>

#include <algorithm>
#include <map>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "common/log.h"
#include "iceberg/column_names.h"
#include "iceberg/name_mapping.h"
#include "iceberg/plausible.h"
#include "iceberg/spec_update.h"
#include "iceberg/table_rules.h"

namespace frazil::iceberg {
namespace {

// The edits of a schema, by column id; 0 is the root.
struct Edits {
  std::unordered_map<int32_t, std::vector<Field>> added;  // by the struct that they are added to
  std::unordered_map<int32_t, TypePtr> promoted;
  std::unordered_map<int32_t, std::string> renamed;
  std::unordered_set<int32_t> relaxed;
  std::unordered_set<int32_t> dropped;

  bool empty() const {
    return added.empty() && promoted.empty() && renamed.empty() && relaxed.empty() && dropped.empty();
  }
};

// The fields of the struct, list or map `id`, with all edits at every depth.
std::vector<Field> WithEdits(std::vector<Field> fields, int32_t id, const Edits& edits) {
  if (const auto added = edits.added.find(id); added != edits.added.end()) {
    fields.insert(fields.end(), added->second.begin(), added->second.end());
  }
  if (!edits.dropped.empty()) {
    std::erase_if(fields, [&](const Field& field) { return edits.dropped.contains(field.id); });
  }
  for (auto& field : fields) {
    if (const auto renamed = edits.renamed.find(field.id); renamed != edits.renamed.end()) field.name = renamed->second;
    if (edits.relaxed.contains(field.id)) field.required = false;
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
    FRAZIL_ASSIGN_OR_RETURN(const Field* const column, Existing(promotion.field_id));
    const auto promoted = edits_.promoted.find(promotion.field_id);
    const Type& type = promoted == edits_.promoted.end() ? *column->type : *promoted->second;
    if (SameShape(type, *promotion.type) || CanPromote(*promotion.type, type, base_.format_version)) return {};
    if (!CanPromote(type, *promotion.type, base_.format_version)) {
      return Fail(ErrorKind::kInvalidArgument, "column \"{}\" is {} and can not become {}",
                  FullName(promotion.field_id), type.ToString(), promotion.type->ToString());
    }
    if (const std::string* field = OtherValuesOf(promotion.field_id, type)) {
      return Fail(ErrorKind::kInvalidArgument,
                  "column \"{}\" can not become {}: partition field \"{}\" would have other values for the same rows",
                  FullName(promotion.field_id), promotion.type->ToString(), *field);
    }
    edits_.promoted.insert_or_assign(promotion.field_id, promotion.type);
    return {};
  }

  Status Rename(const ColumnRename& rename) {
    FRAZIL_ASSIGN_OR_RETURN(const Field* const column, Existing(rename.field_id));
    if (column->name == rename.name) return {};
    const int32_t parent = ParentOf(rename.field_id);
    const std::string above = FullName(parent);
    const std::string before = FullName(rename.field_id);
    FRAZIL_ASSIGN_OR_RETURN(Siblings* const siblings, SiblingsIn(parent));
    if (rename.name.empty() || (parent == 0 && IsReservedName(rename.name))) {
      return Fail(ErrorKind::kInvalidArgument, "column \"{}\" can not be called \"{}\", which {}", before, rename.name,
                  rename.name.empty() ? "is no name" : "is reserved for a metadata column of Iceberg's");
    }
    if (siblings->contains(rename.name)) {
      return Fail(ErrorKind::kInvalidArgument, "column \"{}\" can not be called \"{}\": there is a column of that name",
                  before, rename.name);
    }
    auto moved = siblings->extract(column->name);
    moved.key() = rename.name;
    siblings->insert(std::move(moved));
    names_.GiveBack(above, *column);
    Field renamed = *column;
    renamed.name = rename.name;
    if (const auto clash = names_.Take(above, renamed)) {
      return Fail(ErrorKind::kInvalidArgument, "column \"{}\" can not be called \"{}\": {}", before, clash->column,
                  clash->why);
    }
    edits_.renamed.insert_or_assign(rename.field_id, rename.name);
    return {};
  }

  Status Relax(int32_t field_id) {
    FRAZIL_ASSIGN_OR_RETURN(const Field* const column, Existing(field_id));
    if (!column->required) return {};
    const auto& identifiers = before_.identifier_field_ids();
    if (std::find(identifiers.begin(), identifiers.end(), field_id) != identifiers.end()) {
      return Fail(ErrorKind::kInvalidArgument, "column \"{}\" can not become optional: it identifies the table's rows",
                  FullName(field_id));
    }
    edits_.relaxed.insert(field_id);
    return {};
  }

  Status Drop(int32_t field_id) {
    const Field* const column = before_.FindById(field_id);
    if (column == nullptr) return {};
    const std::string name = FullName(field_id);
    if (const std::string use = UseOf(*column); !use.empty()) {
      return Fail(ErrorKind::kInvalidArgument, "column \"{}\" can not be dropped: {}", name, use);
    }
    const int32_t parent = ParentOf(field_id);
    FRAZIL_ASSIGN_OR_RETURN(Siblings* const siblings, SiblingsIn(parent));
    if (siblings->size() == 1) {
      return Fail(ErrorKind::kInvalidArgument, "column \"{}\" can not be dropped: {} would be left without columns",
                  name, parent == 0 ? "the table" : "\"" + FullName(parent) + "\"");
    }
    const auto renamed = edits_.renamed.find(field_id);
    Field now = *column;
    if (renamed != edits_.renamed.end()) now.name = renamed->second;
    siblings->erase(now.name);
    names_.GiveBack(FullName(parent), now);
    edits_.dropped.insert(field_id);
    return {};
  }

  Result<std::vector<TableUpdate>> Updates() const {
    if (edits_.empty()) return std::vector<TableUpdate>{};
    FRAZIL_RETURN_IF_ERROR(CheckPlausible("the next schema-id", schema_id_, kLargestId));
    const auto grown = std::make_shared<const Schema>(schema_id_, WithEdits(before_.fields(), 0, edits_),
                                                      before_.identifier_field_ids());
    FRAZIL_RETURN_IF_ERROR(CheckSchema(*grown, base_.format_version));
    FRAZIL_RETURN_IF_ERROR(CheckNames(base_.partition_specs, *grown));
    std::vector<TableUpdate> updates{AddSchema{grown, last_column_id_}, SetCurrentSchema{kLastAdded}};
    const std::string key(kNameMappingProperty);
    const auto mapping = base_.properties.find(key);
    if (mapping == base_.properties.end() || (edits_.added.empty() && edits_.renamed.empty())) return updates;
    if (const auto parsed = NameMapping::Parse(mapping->second)) {
      std::multimap<int32_t, Field> added;  // by parent, in the order in which they came
      for (const auto& [parent, fields] : edits_.added) {
        for (const Field& field : fields) added.emplace(parent, field);
      }
      updates.emplace_back(SetProperties{{{key, parsed->WithNames(edits_.renamed).WithColumns(added).ToJson()}}});
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

  Result<const Field*> Existing(int32_t id) const {
    const Field* const column = Find(id);
    if (column == nullptr) return Fail(ErrorKind::kInvalidArgument, "there is no column with field id {}", id);
    return column;
  }

  // The struct, list or map that a field of the schema before lies in; 0: the root.
  int32_t ParentOf(int32_t id) {
    if (parents_.empty()) NoteParents(before_.fields(), 0);
    return parents_.at(id);
  }
  void NoteParents(const std::vector<Field>& fields, int32_t parent) {
    for (const Field& field : fields) {
      parents_.emplace(field.id, parent);
      NoteParents(field.type->fields(), field.id);
    }
  }

  // The partition field, of whatever spec, that has other values once the column is not of `type` any more (spec,
  // "Schema Evolution"): of the promotions that is so for dates alone, where the value or a hash of it counts.
  const std::string* OtherValuesOf(int32_t id, const Type& type) const {
    if (type.kind() != TypeKind::kDate) return nullptr;
    for (const auto& spec : base_.partition_specs) {
      for (const PartitionField& field : spec->fields) {
        const TransformKind kind = field.transform.kind;
        if (field.source_id == id && (kind == TransformKind::kIdentity || kind == TransformKind::kBucket)) {
          return &field.name;
        }
      }
    }
    return nullptr;
  }

  // What a column, or one below it, is used for that nothing else can do; empty: nothing.
  std::string UseOf(const Field& column) const {
    for (const auto& spec : base_.partition_specs) {
      for (const PartitionField& field : spec->fields) {
        if (field.source_id != column.id || field.transform.kind == TransformKind::kVoid) continue;
        return spec->spec_id == base_.default_spec_id
                   ? fmt::format("partition field \"{}\" is made of it", field.name)
                   : fmt::format(
                         "files of an earlier partitioning have partition field \"{}\" of it, which other "
                         "engines do not read without",
                         field.name);
      }
    }
    for (const SortField& field : DefaultOrder(base_).fields) {
      if (field.source_id == column.id) return "the table's rows are sorted by it";
    }
    const auto& identifiers = before_.identifier_field_ids();
    if (std::find(identifiers.begin(), identifiers.end(), column.id) != identifiers.end()) {
      return "it identifies the table's rows";
    }
    for (const Field& below : column.type->fields()) {
      if (std::string use = UseOf(below); !use.empty()) return use;
    }
    return {};
  }

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
  std::unordered_map<int32_t, int32_t> parents_;    // of fields that were there, once they were asked for
  Edits edits_;
};

bool Reach(const Field& column, const Type& wanted, int32_t format_version, SchemaChange& change) {
  const Type& type = *column.type;
  if (!type.is_nested() || type.kind() != wanted.kind()) {
    if (SameShape(type, wanted) || CanPromote(wanted, type, format_version)) return true;
    if (!CanPromote(type, wanted, format_version)) return false;
    change.promotions.push_back({column.id, std::make_shared<const Type>(wanted)});
    return true;
  }
  switch (type.kind()) {
    case TypeKind::kList:
      return Reach(type.element(), *wanted.element().type, format_version, change);
    case TypeKind::kMap:  // keys stay as they are
      return SameShape(*type.key().type, *wanted.key().type) &&
             Reach(type.value(), *wanted.value().type, format_version, change);
    default:
      std::unordered_map<std::string_view, const Field*> there;
      for (const Field& field : type.fields()) there.emplace(field.name, &field);
      return std::all_of(wanted.fields().begin(), wanted.fields().end(), [&](const Field& member) {
        const auto found = there.find(member.name);
        if (found != there.end()) return Reach(*found->second, *member.type, format_version, change);
        change.additions.push_back({column.id, member});
        return !member.required;
      });
  }
}

}  // namespace

bool ColumnPromotion::operator==(const ColumnPromotion& other) const {
  return field_id == other.field_id && *type == *other.type;
}

bool CanPromote(const Type& from, const Type& to, int32_t format_version) {
  switch (from.kind()) {
    case TypeKind::kInt:
      return to.kind() == TypeKind::kLong;
    case TypeKind::kFloat:
      return to.kind() == TypeKind::kDouble;
    case TypeKind::kDecimal:
      return to.kind() == TypeKind::kDecimal && to.scale() == from.scale() && to.precision() > from.precision();
    case TypeKind::kDate:
      return format_version >= 3 && (to.kind() == TypeKind::kTimestamp || to.kind() == TypeKind::kTimestampNs);
    case TypeKind::kUnknown:
      return format_version >= 3 && to.kind() != TypeKind::kUnknown;
    default:
      return false;
  }
}

std::optional<SchemaChange> ChangeTo(const Field& column, const Type& wanted, int32_t format_version) {
  SchemaChange change;
  if (!Reach(column, wanted, format_version, change)) return std::nullopt;
  return change;
}

Result<std::vector<TableUpdate>> ChangeSchema(const TableMetadata& base, const SchemaChange& change) {
  Growth growth(base);
  for (const auto& rename : change.renames) FRAZIL_RETURN_IF_ERROR(growth.Rename(rename));
  for (const int32_t field_id : change.drops) FRAZIL_RETURN_IF_ERROR(growth.Drop(field_id));
  for (const auto& addition : change.additions) FRAZIL_RETURN_IF_ERROR(growth.Add(addition));
  for (const auto& promotion : change.promotions) FRAZIL_RETURN_IF_ERROR(growth.Promote(promotion));
  for (const int32_t field_id : change.relaxed) FRAZIL_RETURN_IF_ERROR(growth.Relax(field_id));
  return growth.Updates();
}

Result<std::vector<TableUpdate>> AddColumns(const TableMetadata& base, const std::vector<ColumnAddition>& additions) {
  return ChangeSchema(base, {.additions = additions});
}

}  // namespace frazil::iceberg
