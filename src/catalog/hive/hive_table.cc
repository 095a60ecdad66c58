#include "catalog/hive/hive_table.h"

#include <hive_wire/metastore_types.h>

#include <limits>
#include <utility>

#include "catalog/type_words.h"
#include "common/text/ascii_case.h"

namespace frazil::catalog::hive {
namespace {

using iceberg::Type;
using iceberg::TypeKind;

// Limits of the metastore's database, in bytes: PARAM_KEY, PARAM_VALUE (where it is no large object), and a column's
// COMMENT.
constexpr size_t kLongestKey = 256, kLongestValue = 4000, kLongestComment = 255;
constexpr std::string_view kOurProperties = "frazil.";

std::string HiveWord(const Type& type) {
  switch (type.kind()) {
    case TypeKind::kBoolean:
      return "boolean";
    case TypeKind::kInt:
      return "int";
    case TypeKind::kLong:
      return "bigint";
    case TypeKind::kFloat:
      return "float";
    case TypeKind::kDouble:
      return "double";
    case TypeKind::kDecimal:
      return fmt::format("decimal({},{})", type.precision(), type.scale());
    case TypeKind::kDate:
      return "date";
    case TypeKind::kTimestamp:
    case TypeKind::kTimestampNs:
      return "timestamp";
    case TypeKind::kTimestampTz:
    case TypeKind::kTimestampTzNs:
      return "timestamp with local time zone";
    case TypeKind::kFixed:
    case TypeKind::kBinary:
    case TypeKind::kGeometry:
    case TypeKind::kGeography:
    case TypeKind::kVariant:
      return "binary";
    default:
      return "string";
  }
}

std::vector<wire::FieldSchema> ColumnsOf(const iceberg::Schema& schema) {
  std::vector<wire::FieldSchema> columns;
  for (const iceberg::Field& field : schema.fields()) {
    wire::FieldSchema column;
    column.name = field.name;
    column.type = HiveType(*field.type);
    if (!field.doc.empty() && field.doc.size() <= kLongestComment) column.__set_comment(field.doc);
    columns.push_back(std::move(column));
  }
  return columns;
}

}  // namespace

std::string HiveType(const Type& type) { return TypeWords(type, &HiveWord); }

wire::Table MakeHiveTable(const TableIdent& ident, const std::string& location, const iceberg::TableMetadata& metadata,
                          int64_t now_ms) {
  wire::Table table;
  table.dbName = ident.ns.front();
  table.tableName = ident.name;
  table.__set_owner("frazil");
  table.__set_createTime(static_cast<int32_t>(now_ms / 1000));
  table.__set_lastAccessTime(static_cast<int32_t>(now_ms / 1000));
  table.__set_retention(std::numeric_limits<int32_t>::max());
  table.__set_partitionKeys({});
  // EXTERNAL: Hive must not delete the files with the table.
  table.__set_tableType("EXTERNAL_TABLE");
  table.__set_parameters({{"EXTERNAL", "TRUE"}, {"table_type", "ICEBERG"}});
  wire::StorageDescriptor storage;
  storage.__set_inputFormat("org.apache.hadoop.mapred.FileInputFormat");
  storage.__set_outputFormat("org.apache.hadoop.mapred.FileOutputFormat");
  wire::SerDeInfo serde;
  serde.__set_serializationLib("org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe");
  storage.__set_serdeInfo(serde);
  table.__set_sd(storage);
  Show(metadata, location, table);
  return table;
}

void Show(const iceberg::TableMetadata& metadata, const std::string& location, wire::Table& table) {
  auto& shown = table.parameters;
  for (const auto& [key, value] : metadata.properties) {
    if (key.starts_with(kOurProperties) || key.size() > kLongestKey || value.size() > kLongestValue) continue;
    shown[key] = value;
  }
  if (const auto before = shown.find("metadata_location"); before != shown.end()) {
    shown["previous_metadata_location"] = before->second;
  }
  shown["metadata_location"] = location;
  shown["table_type"] = "ICEBERG";
  shown["EXTERNAL"] = "TRUE";
  shown["uuid"] = metadata.table_uuid;
  if (const iceberg::Snapshot* head = metadata.RefHead(iceberg::kMainBranch)) {
    for (const auto& [total, statistic] :
         {std::pair("total-data-files", "numFiles"), std::pair("total-records", "numRows"),
          std::pair("total-files-size", "totalSize")}) {
      if (const auto found = head->summary.find(total); found != head->summary.end()) shown[statistic] = found->second;
    }
  }
  table.__isset.parameters = true;
  table.sd.cols = ColumnsOf(*metadata.schema());
  table.sd.__set_location(metadata.location);
  table.__isset.sd = true;
}

Result<std::string> MetadataLocationOf(const wire::Table& table) {
  const auto find = [&](const char* key) {
    const auto found = table.parameters.find(key);
    return found == table.parameters.end() ? std::string() : found->second;
  };
  const std::string name = fmt::format("{}.{}", table.dbName, table.tableName);
  const std::string type = find("table_type");
  if (!EqualsIgnoringCase("iceberg", type)) {
    return Fail(ErrorKind::kUnsupported,
                "{} is {} of Hive and no Iceberg table{}: name another one, or migrate it by Spark's procedure migrate",
                name, table.tableType == "VIRTUAL_VIEW" ? "a view" : "a table",
                type.empty() ? "" : fmt::format(" (table_type is {})", type));
  }
  std::string location = find("metadata_location");
  if (location.empty()) return Fail(ErrorKind::kCorrupt, "table {} has no metadata_location", name);
  return location;
}

}  // namespace frazil::catalog::hive
