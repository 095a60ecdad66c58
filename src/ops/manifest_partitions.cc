#include "ops/manifest_partitions.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include "iceberg/literal.h"
#include "iceberg/partition_spec.h"

namespace frazil::ops {
namespace {

using iceberg::Literal;
using iceberg::PartitionField;

bool IsNan(const Literal& value) {
  if (const auto* number = std::get_if<float>(&value)) return std::isnan(*number);
  const auto* number = std::get_if<double>(&value);
  return number != nullptr && std::isnan(*number);
}

// Names are not compared, because they may change. Field ids are not compared, because format v1 may lack them.
bool IsSameSpec(const std::vector<PartitionField>& a, const std::vector<PartitionField>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const PartitionField& one, const PartitionField& other) {
    return one.source_id == other.source_id && one.transform == other.transform;
  });
}

// Checks the list's summary of one field against a value. Returns an empty text if the summary includes the value.
std::string LeftOut(const iceberg::FieldSummary& summary, const PartitionField& field, const iceberg::Type& type,
                    const Literal& value) {
  if (iceberg::IsNull(value)) {
    return summary.contains_null ? "" : fmt::format("no file is said to have {} = null, and one has", field.name);
  }
  if (IsNan(value)) {
    const bool denied = summary.contains_nan && !*summary.contains_nan;
    return denied ? fmt::format("no file is said to have {} = NaN, and one has", field.name) : "";
  }
  const auto outside = [&](const std::optional<std::string>& bound, int wrong_way) {
    if (!bound) return false;
    const auto limit = iceberg::FromBytes(type, *bound);
    if (!limit) return true;
    return !iceberg::SameValue(*limit, value) && Compare(type, *limit, value) * wrong_way > 0;
  };
  if (!outside(summary.lower_bound, 1) && !outside(summary.upper_bound, -1)) return "";
  return fmt::format("the bounds that the list has for {} leave out {}, which a file has", field.name,
                     ToText(type, value));
}

}  // namespace

Result<std::vector<std::string>> PartitionDisagreements(const iceberg::ManifestFile& line, std::string_view bytes,
                                                        const std::vector<iceberg::ManifestEntry>& entries,
                                                        const iceberg::TableMetadata& metadata) {
  std::vector<std::string> wrong;
  const auto spec = metadata.FindSpec(line.partition_spec_id);
  if (spec == nullptr) {
    wrong.push_back(fmt::format("it is of partition spec {}, which the table does not have", line.partition_spec_id));
    return wrong;
  }
  FRAZIL_ASSIGN_OR_RETURN(const auto told, iceberg::SpecFieldsIn(bytes));
  if (told && !IsSameSpec(*told, spec->fields)) {
    wrong.push_back(fmt::format("it was written with another partition spec than the table's {}", spec->spec_id));
    return wrong;
  }
  const auto schema = metadata.schema();
  const bool summed_up = line.partitions.size() == spec->fields.size();
  if (!line.partitions.empty() && !summed_up) {
    wrong.push_back(fmt::format("the list sums up {} partition fields, its spec has {}", line.partitions.size(),
                                spec->fields.size()));
  }
  for (size_t i = 0; i < spec->fields.size(); ++i) {
    const PartitionField& field = spec->fields[i];
    const iceberg::Field* source = schema->FindById(field.source_id);
    if (source == nullptr || field.transform.kind == iceberg::TransformKind::kUnknown) continue;
    const auto type = field.transform.ResultType(*source->type);
    if (!type) continue;  // of a type that the column had before
    std::string first;
    for (const iceberg::ManifestEntry& entry : entries) {
      if (i >= entry.data_file.partition.size() || entry.status == iceberg::EntryStatus::kDeleted) continue;
      const Literal value = Widen(**type, entry.data_file.partition[i]);
      if (!iceberg::IsOfType(**type, value)) {
        first = fmt::format("{} says that it is in a partition whose {} is no {}", entry.data_file.file_path,
                            field.name, (*type)->ToString());
      } else if (summed_up) {
        first = LeftOut(line.partitions[i], field, **type, value);
      }
      if (!first.empty()) break;
    }
    if (!first.empty()) wrong.push_back(std::move(first));
  }
  return wrong;
}

}  // namespace frazil::ops
