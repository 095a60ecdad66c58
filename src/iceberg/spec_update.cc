#include "iceberg/spec_update.h"

#include <algorithm>
#include <memory>

namespace frazil::iceberg {
namespace {

bool SameRule(const PartitionField& a, const PartitionField& b) {
  return a.source_id == b.source_id && a.transform == b.transform;
}

// 0 if no spec of `base` had the field.
int32_t KnownId(const TableMetadata& base, const PartitionField& field) {
  int32_t id = 0;
  for (const auto& spec : base.partition_specs) {
    for (const auto& candidate : spec->fields) {
      if (SameRule(candidate, field)) id = candidate.field_id;
    }
  }
  return id;
}

}  // namespace

std::vector<TableUpdate> ChangeDefaultSpec(const TableMetadata& base, const std::vector<PartitionField>& fields) {
  const auto& now = base.spec()->fields;
  if (std::equal(now.begin(), now.end(), fields.begin(), fields.end(), SameRule)) return {};
  PartitionSpec spec;
  int32_t last_id = base.last_partition_id;
  for (PartitionField field : fields) {
    field.field_id = KnownId(base, field);
    if (field.field_id == 0) field.field_id = ++last_id;
    spec.fields.push_back(std::move(field));
  }
  for (const auto& old : base.partition_specs) {
    if (old->SameFields(spec)) return {SetDefaultSpec{old->spec_id}};
    spec.spec_id = std::max(spec.spec_id, old->spec_id + 1);
  }
  return {AddPartitionSpec{std::make_shared<const PartitionSpec>(std::move(spec))}, SetDefaultSpec{kLastAdded}};
}

}  // namespace frazil::iceberg
