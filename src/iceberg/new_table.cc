// Makes the metadata of a new table.
#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <map>

#include "common/random.h"
#include "iceberg/column_names.h"
#include "iceberg/table_rules.h"
#include "iceberg/table_update.h"

namespace frazil::iceberg {
namespace {

constexpr int32_t kFirstSortOrderId = 1;

// Property names that the reference implementation reserves for values derived from the metadata.
constexpr std::array<std::string_view, 9> kReservedProperties = {
    "format-version",           "uuid",
    "snapshot-count",           "current-snapshot-id",
    "current-snapshot-summary", "current-snapshot-timestamp-ms",
    "current-schema",           "default-partition-spec",
    "default-sort-order"};

// Maps old column ids to new ones. Both schemas have the same fields in the same order.
void MapIds(const std::vector<Field>& before, const std::vector<Field>& after, std::map<int32_t, int32_t>* ids) {
  for (size_t i = 0; i < before.size(); ++i) {
    ids->emplace(before[i].id, after[i].id);
    if (before[i].type->is_nested()) MapIds(before[i].type->fields(), after[i].type->fields(), ids);
  }
}

Result<int32_t> NewId(const std::map<int32_t, int32_t>& ids, int32_t id, std::string_view what) {
  const auto found = ids.find(id);
  if (found == ids.end()) return Fail(ErrorKind::kInvalidArgument, "{}: no column has id {}", what, id);
  return found->second;
}

std::string WithoutTrailingSlash(std::string location) {
  while (location.size() > 1 && location.ends_with('/') && !location.ends_with("://")) location.pop_back();
  return location;
}

Status CheckNewColumns(const std::vector<Field>& fields) {
  ColumnNames names;
  for (const auto& field : fields) {
    if (const auto clash = names.TakeNew("", field)) {
      return Fail(ErrorKind::kInvalidArgument, "column \"{}\": {}", clash->column, clash->why);
    }
  }
  return {};
}

Status CheckProperties(const std::map<std::string, std::string>& properties) {
  for (const auto key : kReservedProperties) {
    if (properties.contains(std::string(key))) {
      return Fail(ErrorKind::kInvalidArgument, "\"{}\" is no table property: it follows from the table itself", key);
    }
  }
  return {};
}

}  // namespace

Result<TableMetadata> MakeTableMetadata(const NewTable& table, int64_t now_ms) {
  if (table.format_version != 2 && table.format_version != 3) {
    return Fail(ErrorKind::kUnsupported, "tables of format version {} are not made, only 2 and 3",
                table.format_version);
  }
  FRAZIL_RETURN_IF_ERROR(CheckProperties(table.properties));
  TableMetadata out;
  out.format_version = table.format_version;
  out.table_uuid = RandomUuid();
  out.location = WithoutTrailingSlash(table.location);
  out.last_updated_ms = now_ms;
  if (out.format_version >= 3) out.next_row_id = 0;
  out.properties = table.properties;
  // New tables state their codec. Without it, readers of the property assume gzip, the default of old tables.
  out.properties.emplace("write.parquet.compression-codec", "zstd");

  auto fields = AssignFreshIds(table.schema, 1, &out.last_column_id);
  std::map<int32_t, int32_t> ids;
  MapIds(table.schema, fields, &ids);
  const auto schema = std::make_shared<const Schema>(0, std::move(fields));
  FRAZIL_RETURN_IF_ERROR(CheckSchema(*schema, out.format_version));
  FRAZIL_RETURN_IF_ERROR(CheckNewColumns(schema->fields()));
  out.schemas.push_back(schema);

  PartitionSpec spec;
  for (auto field : table.spec) {
    FRAZIL_ASSIGN_OR_RETURN(field.source_id,
                            NewId(ids, field.source_id, fmt::format("partition field \"{}\"", field.name)));
    field.field_id = ++out.last_partition_id;
    spec.fields.push_back(std::move(field));
  }
  FRAZIL_RETURN_IF_ERROR(CheckNewSpec(spec, *schema));
  out.partition_specs.push_back(std::make_shared<const PartitionSpec>(std::move(spec)));

  SortOrder order{.order_id = table.sort_order.fields.empty() ? 0 : kFirstSortOrderId, .fields = {}};
  for (auto field : table.sort_order.fields) {
    FRAZIL_ASSIGN_OR_RETURN(field.source_id, NewId(ids, field.source_id, "sort order"));
    order.fields.push_back(std::move(field));
  }
  FRAZIL_RETURN_IF_ERROR(CheckSortOrder(order, *schema));
  out.default_sort_order_id = order.order_id;
  out.sort_orders.push_back(std::move(order));
  return out;
}

}  // namespace frazil::iceberg
