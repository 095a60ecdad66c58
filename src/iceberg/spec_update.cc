#include "iceberg/spec_update.h"

#include <fmt/core.h>

#include <algorithm>
#include <memory>
#include <string>

namespace frazil::iceberg {
namespace {

bool SameRule(const PartitionField& a, const PartitionField& b) {
  return a.source_id == b.source_id && a.transform == b.transform;
}

// The field with the same source and transform in a spec of `base`; null if there is none.
const PartitionField* Known(const TableMetadata& base, const PartitionField& field) {
  const PartitionField* known = nullptr;
  for (const auto& spec : base.partition_specs) {
    for (const auto& candidate : spec->fields) {
      if (SameRule(candidate, field)) known = &candidate;
    }
  }
  return known;
}

// The field's name, or "id_bucket_32" if another field of the table has the name, as the reference implementation does
// for fields that are added later. Engines show the fields of all specs together.
std::string NameOf(const TableMetadata& base, const PartitionField& field) {
  const auto taken = [&](const std::string& name) {
    for (const auto& spec : base.partition_specs) {
      for (const auto& other : spec->fields) {
        if (other.name == name && !SameRule(other, field)) return true;
      }
    }
    return false;
  };
  std::string name = field.name;
  if (taken(name) && field.transform.parameter > 0) name = fmt::format("{}_{}", field.name, field.transform.parameter);
  for (int i = 2; taken(name); ++i) name = fmt::format("{}_{}", field.name, i);
  return name;
}

}  // namespace

std::vector<TableUpdate> ChangeDefaultSpec(const TableMetadata& base, const std::vector<PartitionField>& fields) {
  const auto& now = base.spec()->fields;
  if (std::equal(now.begin(), now.end(), fields.begin(), fields.end(), SameRule)) return {};
  PartitionSpec spec;
  int32_t last_id = base.last_partition_id;
  for (PartitionField field : fields) {
    if (const PartitionField* known = Known(base, field)) {
      field = *known;
    } else {
      field.field_id = ++last_id;
      // An identity field has its column's name, which no other column can have.
      if (field.transform.kind != TransformKind::kIdentity) field.name = NameOf(base, field);
    }
    spec.fields.push_back(std::move(field));
  }
  for (const auto& old : base.partition_specs) {
    if (old->SameFields(spec)) return {SetDefaultSpec{old->spec_id}};
    spec.spec_id = std::max(spec.spec_id, old->spec_id + 1);
  }
  return {AddPartitionSpec{std::make_shared<const PartitionSpec>(std::move(spec))}, SetDefaultSpec{kLastAdded}};
}

SortOrder DefaultOrder(const TableMetadata& table) {
  const auto found = std::find_if(table.sort_orders.begin(), table.sort_orders.end(), [&](const SortOrder& order) {
    return order.order_id == table.default_sort_order_id;
  });
  return found == table.sort_orders.end() ? SortOrder{} : *found;
}

std::vector<TableUpdate> ChangeDefaultOrder(const TableMetadata& base, const std::vector<SortField>& fields) {
  if (DefaultOrder(base).fields == fields) return {};
  for (const SortOrder& order : base.sort_orders) {
    if (order.fields == fields) return {SetDefaultSortOrder{order.order_id}};
  }
  return {AddSortOrder{{.order_id = 0, .fields = fields}}, SetDefaultSortOrder{kLastAdded}};
}

}  // namespace frazil::iceberg
