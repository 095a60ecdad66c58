#include "decode/column_growth.h"

#include <algorithm>
#include <unordered_set>

namespace frazil::decode {

using iceberg::TypeKind;

void RemoveColumns(std::vector<Column*>& added, size_t keep) {
  // Removes all columns of one parent together: there may be a million, and each removal takes time proportional to the
  // number of the parent's children.
  while (added.size() > keep) {
    Column* const parent = added.back()->parent();
    size_t count = 0;
    for (; added.size() > keep && added.back()->parent() == parent; added.pop_back()) ++count;
    parent->RemoveLastChildren(count);
  }
}

void ColumnGrowth::Fulfil(const ColumnWish& wish) {
  Column& column = *wish.column;
  if (!wish.field.empty()) {
    iceberg::Field field;
    field.name = wish.field;
    field.type = iceberg::Type::Primitive(TypeKind::kString);
    added.push_back(&column.AddChild(field));
    return;
  }
  changed.push_back({&column, column.ToField().type, column.required()});
  column.Become(wish.type == nullptr ? changed.back().type : wish.type, wish.type != nullptr && column.required());
}

void UndoChanges(std::vector<ColumnGrowth::Changed>& changed, size_t keep) {
  for (; changed.size() > keep; changed.pop_back())
    changed.back().column->Become(changed.back().type, changed.back().required);
}

std::vector<iceberg::ColumnAddition> ToAdditions(std::span<Column* const> added) {
  const std::unordered_set<const Column*> set(added.begin(), added.end());
  const auto below_added = [&](const Column* column) {
    for (const Column* above = column->parent(); above; above = above->parent()) {
      if (set.contains(above)) return true;
    }
    return false;
  };
  std::vector<iceberg::ColumnAddition> additions;
  for (const Column* column : added) {
    if (!below_added(column)) additions.push_back({column->parent()->id(), column->ToField()});
  }
  return additions;
}

iceberg::SchemaChange ToSchemaChange(std::span<Column* const> added, std::span<const ColumnGrowth::Changed> changed) {
  iceberg::SchemaChange change{.additions = ToAdditions(added)};
  std::unordered_set<const Column*> told, relaxed;
  for (const auto& [column, type, required] : changed) {
    // A column without an id is new: it comes as it is now.
    if (column->id() == 0) continue;
    if (required && !column->required() && relaxed.insert(column).second) change.relaxed.push_back(column->id());
    if (column->kind() < TypeKind::kStruct && !(column->type() == *type) && told.insert(column).second) {
      change.promotions.push_back({column->id(), std::make_shared<const iceberg::Type>(column->type())});
    }
  }
  return change;
}

iceberg::TypePtr WiderDecimal(Int128 unscaled, const iceberg::Type& column) {
  int precision = column.precision();
  while (precision <= kMaxDecimalDigits && !FitsPrecision(unscaled, precision)) ++precision;
  return precision > kMaxDecimalDigits ? nullptr : iceberg::Type::Decimal(precision, column.scale());
}

int NestedLists(const Column& column) {
  int lists = NestedLists(column.type());
  for (const Column* above = column.parent(); above != nullptr; above = above->parent()) {
    lists += above->kind() == TypeKind::kList ? 1 : 0;
  }
  return lists;
}

int NestedLists(const iceberg::Type& type) {
  int below = 0;
  for (const auto& field : type.fields()) below = std::max(below, NestedLists(*field.type));
  return below + (type.kind() == TypeKind::kList ? 1 : 0);
}

}  // namespace frazil::decode
