// Partition specs (spec, "Partitioning") and partition tuples.
#pragma once

#include <cstdint>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "common/result.h"
#include "iceberg/literal.h"
#include "iceberg/schema.h"
#include "iceberg/transform.h"

namespace frazil::iceberg {

struct PartitionField {
  int32_t source_id = 0;
  int32_t field_id = 0;  // 1000 and up; unique over all specs of the table
  std::string name;
  Transform transform;
  bool operator==(const PartitionField&) const = default;
};

struct PartitionSpec {
  int32_t spec_id = 0;
  std::vector<PartitionField> fields;

  bool unpartitioned() const;  // no fields, or only void ones
  bool SameFields(const PartitionSpec& other) const {
    return fields == other.fields;
  }  // compares field ids, but not the spec id
  // The struct type of partition tuples: field ids, names and result types, all optional. A field whose source column
  // is not in `schema` gets type unknown; manifests have their own schema.
  Result<TypePtr> PartitionType(const Schema& schema) const;
  // The path of a partition: "ts=2026-01-08-14/city=a+b" (Hive style, URL-encoded); empty if unpartitioned. Readers do
  // not interpret paths.
  std::string PartitionPath(const Schema& schema, const std::vector<Literal>& partition) const;
};
using PartitionSpecPtr = std::shared_ptr<const PartitionSpec>;

// A key for a partition: two files belong to the same partition if and only if their keys are equal. This holds even if
// the source column was promoted between them. -0.0 differs from 0.0, and all NaNs are equal.
std::string PartitionKey(int32_t spec_id, const std::vector<Literal>& partition);

constexpr int32_t kFirstPartitionFieldId = 1000;

nlohmann::json ToJson(const PartitionSpec& spec);        // {"spec-id":…, "fields":[…]}
nlohmann::json FieldsToJson(const PartitionSpec& spec);  // only the fields array, as manifests have it
Result<PartitionSpec> ParsePartitionSpec(const nlohmann::json& json);
Result<std::vector<PartitionField>> ParsePartitionFields(const nlohmann::json& json);

}  // namespace frazil::iceberg
