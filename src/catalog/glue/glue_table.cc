#include "catalog/glue/glue_table.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "catalog/type_words.h"
#include "common/text/ascii_case.h"
#include "common/text/shown.h"
#include "iceberg/json_members.h"

namespace frazil::catalog::glue {
namespace {

namespace json = iceberg::json;
using iceberg::Type;
using iceberg::TypeKind;
using json::Json;
using Parameters = std::map<std::string, std::string>;

constexpr char kTableType[] = "table_type";
constexpr char kLocation[] = "metadata_location";
constexpr char kPreviousLocation[] = "previous_metadata_location";
constexpr char kComment[] = "comment";  // the table property that becomes Glue's description

// Limits of Glue's API (Column, TableInput), in bytes. Texts of a column must be one line.
constexpr size_t kLongestColumn = 1024, kLongestComment = 255, kLongestType = 131'072, kLongestDescription = 2048;

bool FitsOneLine(const std::string& text, size_t longest) {
  return text.size() <= longest &&
         std::none_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < ' '; });
}

std::string GlueWord(const Type& type) {
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
    case TypeKind::kTimestampTz:
      return "timestamp";
    case TypeKind::kTimestampNs:
    case TypeKind::kTimestampTzNs:
      return "timestamp_nano";
    case TypeKind::kFixed:
    case TypeKind::kBinary:
      return "binary";
    case TypeKind::kUnknown:
      return "unknown";
    case TypeKind::kVariant:
      return "variant";
    case TypeKind::kGeometry:
      return "geometry";
    case TypeKind::kGeography:
      return "geography";
    default:
      return "string";
  }
}

// The member if it is a string, else empty.
std::string Text(const Json& object, const char* key) {
  const Json* member = object.is_object() ? json::Find(object, key) : nullptr;
  return member != nullptr && member->is_string() ? member->get<std::string>() : std::string();
}

const Json& Member(const Json& object, const char* key) {
  static const Json nothing;
  const Json* member = object.is_object() ? json::Find(object, key) : nullptr;
  return member == nullptr ? nothing : *member;
}

Parameters ParametersOf(const Json& table) {
  return table.is_object() ? json::Otherwise<Parameters>(table, "Parameters", {}).value_or(Parameters()) : Parameters();
}

// Comments by column name. Of equal names the first counts, because current columns come first.
Parameters CommentsOf(const Json& storage) {
  Parameters comments;
  const Json& columns = Member(storage, "Columns");
  if (!columns.is_array()) return comments;
  for (const Json& column : columns) {
    if (std::string comment = Text(column, "Comment"); !comment.empty()) {
      comments.emplace(Text(column, "Name"), std::move(comment));
    }
  }
  return comments;
}

// The columns of the current schema, then those that only older schemas have.
Json ColumnsOf(const iceberg::TableMetadata& metadata, const Parameters& comments) {
  Json columns = Json::array();
  std::set<std::string> names;
  const auto add = [&](const iceberg::Schema& schema, bool current) {
    for (const iceberg::Field& field : schema.fields()) {
      Json column = {{"Name", field.name},
                     {"Type", GlueType(*field.type)},
                     {"Parameters",
                      {{"iceberg.field.id", std::to_string(field.id)},
                       {"iceberg.field.optional", field.required ? "false" : "true"},
                       {"iceberg.field.current", current ? "true" : "false"}}}};
      if (!FitsOneLine(field.name, kLongestColumn) || Text(column, "Type").size() > kLongestType) continue;
      if (!names.insert(field.name).second) continue;
      const auto before = comments.find(field.name);
      std::string comment = field.doc.empty() && before != comments.end() ? before->second : field.doc;
      if (!comment.empty() && FitsOneLine(comment, kLongestComment)) column["Comment"] = std::move(comment);
      columns.push_back(std::move(column));
    }
  };
  add(*metadata.schema(), true);
  for (const auto& schema : metadata.schemas) {
    if (schema->schema_id() != metadata.current_schema_id) add(*schema, false);
  }
  return columns;
}

}  // namespace

std::string GlueType(const Type& type) { return TypeWords(type, &GlueWord); }

bool IsIceberg(const Json& table) {
  return EqualsIgnoringCase(Text(Member(table, "Parameters"), kTableType), "iceberg");
}

Result<Pointer> PointerOf(const Json& table, const TableIdent& ident) {
  FRAZIL_RETURN_IF_ERROR(json::ExpectObject(table, "a table of AWS Glue"));
  if (!IsIceberg(table)) {
    const std::string type = Text(Member(table, "Parameters"), kTableType);
    return Fail(ErrorKind::kUnsupported,
                "{} is {} in AWS Glue and no Iceberg table{}: name another one, or migrate it by Spark's procedure "
                "migrate",
                ident.ToString(), Text(table, "TableType") == "VIRTUAL_VIEW" ? "a view" : "a table of another kind",
                type.empty() ? "" : fmt::format(" (table_type is {})", Shown(type)));
  }
  Pointer pointer{Text(Member(table, "Parameters"), kLocation), Text(table, "VersionId")};
  if (pointer.location.empty()) {
    return Fail(ErrorKind::kCorrupt, "table {} has no metadata_location", ident.ToString());
  }
  if (pointer.version.empty()) {
    return Fail(ErrorKind::kUnsupported,
                "table {} comes without a VersionId, by which alone two writers of it could be told apart",
                ident.ToString());
  }
  return pointer;
}

Json TableInputOf(const std::string& name, const std::string& location, const iceberg::TableMetadata& metadata,
                  const Json& before) {
  Json input = {{"Name", name}, {"TableType", "EXTERNAL_TABLE"}};
  for (const char* key : {"Description", "Owner", "Retention", "PartitionKeys"}) {
    if (const Json& kept = Member(before, key); !kept.is_null()) input[key] = kept;
  }
  const std::string description = metadata.Property(kComment, "");
  if (!description.empty() && description.size() <= kLongestDescription) input["Description"] = description;

  Parameters parameters = ParametersOf(before);
  if (const auto previous = parameters.find(kLocation); previous != parameters.end()) {
    parameters[kPreviousLocation] = previous->second;
  }
  parameters[kLocation] = location;
  parameters[kTableType] = "ICEBERG";
  input["Parameters"] = parameters;

  const Json& stored = Member(before, "StorageDescriptor");
  Json storage = stored.is_object() ? stored : Json::object();
  storage["Columns"] = ColumnsOf(metadata, CommentsOf(stored));
  storage["Location"] = metadata.location;
  std::set<std::string> others;
  for (const char* key :
       {"write.data.path", "write.metadata.path", "write.object-storage.path", "write.folder-storage.path"}) {
    if (const std::string place = metadata.Property(key, ""); !place.empty()) others.insert(place);
  }
  storage.erase("AdditionalLocations");
  if (!others.empty()) storage["AdditionalLocations"] = others;
  input["StorageDescriptor"] = std::move(storage);
  return input;
}

}  // namespace frazil::catalog::glue
