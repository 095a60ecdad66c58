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
