#include "iceberg/table_metadata.h"

#include <algorithm>

namespace frazil::iceberg {

SchemaPtr TableMetadata::schema() const { return FindSchema(current_schema_id); }

PartitionSpecPtr TableMetadata::spec() const { return FindSpec(default_spec_id); }

SchemaPtr TableMetadata::FindSchema(int32_t id) const {
  const auto found = std::find_if(schemas.begin(), schemas.end(),
                                  [id](const SchemaPtr& candidate) { return candidate->schema_id() == id; });
  return found == schemas.end() ? nullptr : *found;
}

PartitionSpecPtr TableMetadata::FindSpec(int32_t id) const {
  const auto found = std::find_if(partition_specs.begin(), partition_specs.end(),
                                  [id](const PartitionSpecPtr& candidate) { return candidate->spec_id == id; });
  return found == partition_specs.end() ? nullptr : *found;
}

const Snapshot* TableMetadata::FindSnapshot(int64_t id) const { return snapshots.Find(id); }

const Snapshot* TableMetadata::ParentOf(const Snapshot& snapshot) const {
  const Snapshot* parent = snapshot.parent_snapshot_id ? FindSnapshot(*snapshot.parent_snapshot_id) : nullptr;
  return parent != nullptr && ComesAfter(snapshot, *parent) ? parent : nullptr;
}

const Snapshot* TableMetadata::RefHead(std::string_view ref) const {
  const auto found = refs.find(std::string(ref));
  return found == refs.end() ? nullptr : FindSnapshot(found->second.snapshot_id);
}

std::string TableMetadata::Property(std::string_view key, std::string_view otherwise) const {
  const auto found = properties.find(std::string(key));
  return found == properties.end() ? std::string(otherwise) : found->second;
}

}  // namespace frazil::iceberg
