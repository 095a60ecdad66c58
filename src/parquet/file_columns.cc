#include "parquet/file_columns.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <parquet/schema.h>
#include <parquet/types.h>

#include <algorithm>

namespace frazil::parquet {
namespace {

namespace pq = ::parquet;
using iceberg::TypeKind;
using pq::schema::GroupNode;
using pq::schema::Node;

bool IsAnnotated(const Node& node, pq::ConvertedType::type converted) {
  const bool is_list = converted == pq::ConvertedType::LIST;
  const auto& logical = node.logical_type();
  if (logical != nullptr && (is_list ? logical->is_list() : logical->is_map())) return true;
  return node.converted_type() == converted || (!is_list && node.converted_type() == pq::ConvertedType::MAP_KEY_VALUE);
}

bool AnyId(const Node& node) {
  if (node.field_id() >= 0) return true;
  if (node.is_primitive()) return false;
  const auto& group = static_cast<const GroupNode&>(node);
  for (int i = 0; i < group.field_count(); ++i) {
    if (AnyId(*group.field(i))) return true;
  }
  return false;
}

// Walks the schema of a file. The extra groups that Parquet needs for lists and maps do not count as columns.
class Walk {
 public:
  Walk(const pq::SchemaDescriptor& schema, const iceberg::NameMapping* mapping, FileColumns& into)
      : schema_(schema), mapping_(mapping), into_(into) {}

  void Fields(const GroupNode& group, bool repeated, bool required) {
    for (int i = 0; i < group.field_count(); ++i) {
      const Node& node = *group.field(i);
      Column(node, node.name(), repeated, required);
    }
  }

 private:
  void Column(const Node& node, const std::string& name, bool repeated, bool required) {
    path_.push_back(name);
    repeated |= node.is_repeated();
    required &= node.is_required();
    const std::optional<int32_t> id = IdOf(node);
    if (id && !into_.ids.insert(*id).second) into_.twice.push_back(Name());
    if (!id && into_.have_ids) into_.without_id.push_back(Name());
    if (node.is_primitive()) {
      into_.plain.push_back({schema_.ColumnIndex(node), id, Name(), repeated, required});
    } else {
      Below(static_cast<const GroupNode&>(node), repeated, required);
    }
    path_.pop_back();
  }

  void Below(const GroupNode& group, bool repeated, bool required) {
    const bool one = group.field_count() == 1;
    if (one && IsAnnotated(group, pq::ConvertedType::LIST)) return Element(*group.field(0));
    if (one && IsAnnotated(group, pq::ConvertedType::MAP) && group.field(0)->is_group()) {
      const auto& entry = static_cast<const GroupNode&>(*group.field(0));
      for (int i = 0; i < entry.field_count(); ++i) Column(*entry.field(i), i == 0 ? "key" : "value", true, false);
      return;
    }
    Fields(group, repeated, required);
  }

  // A list has one of two forms: a repeated group that contains the element, or (old writers) the repeated element
  // itself.
  void Element(const Node& list) {
    const bool wraps = list.is_group() && static_cast<const GroupNode&>(list).field_count() == 1;
    Column(wraps ? *static_cast<const GroupNode&>(list).field(0) : list, "element", true, false);
  }

  std::optional<int32_t> IdOf(const Node& node) const {
    if (into_.have_ids) return node.field_id() >= 0 ? std::optional(node.field_id()) : std::nullopt;
    return mapping_ == nullptr ? std::nullopt : mapping_->Find(path_);
  }
  std::string Name() const { return fmt::format("{}", fmt::join(path_, ".")); }

  const pq::SchemaDescriptor& schema_;
  const iceberg::NameMapping* mapping_;
  FileColumns& into_;
  std::vector<std::string> path_;
};

// True if a column of the file can be read as `type`. The table's column may have been promoted to that type.
bool IsReadableAs(const pq::ColumnDescriptor& column, const iceberg::Type& type) {
  const pq::Type::type is = column.physical_type();
  switch (type.kind()) {
    case TypeKind::kBoolean:
      return is == pq::Type::BOOLEAN;
    case TypeKind::kInt:
    case TypeKind::kDate:
      return is == pq::Type::INT32;
    case TypeKind::kLong:
    case TypeKind::kTime:
      return is == pq::Type::INT64 || is == pq::Type::INT32;
    case TypeKind::kTimestamp:
    case TypeKind::kTimestampTz:
    case TypeKind::kTimestampNs:
    case TypeKind::kTimestampTzNs:
      return is == pq::Type::INT64 || is == pq::Type::INT96 || is == pq::Type::INT32;
    case TypeKind::kFloat:
      return is == pq::Type::FLOAT;
    case TypeKind::kDouble:
      return is == pq::Type::DOUBLE || is == pq::Type::FLOAT;
    case TypeKind::kDecimal:
      return (is == pq::Type::INT32 || is == pq::Type::INT64 || is == pq::Type::BYTE_ARRAY ||
              is == pq::Type::FIXED_LEN_BYTE_ARRAY) &&
             column.type_scale() == type.scale();
    case TypeKind::kString:
      return is == pq::Type::BYTE_ARRAY;
    case TypeKind::kBinary:
      return is == pq::Type::BYTE_ARRAY || is == pq::Type::FIXED_LEN_BYTE_ARRAY;
    case TypeKind::kUuid:
      return is == pq::Type::FIXED_LEN_BYTE_ARRAY && column.type_length() == 16;
    case TypeKind::kFixed:
      return is == pq::Type::FIXED_LEN_BYTE_ARRAY && column.type_length() == type.length();
    case TypeKind::kStruct:
    case TypeKind::kList:
    case TypeKind::kMap:
      return false;
    default:
      return true;  // of v3: not read here
  }
}

void FindMissing(const std::vector<iceberg::Field>& fields, const iceberg::Schema& schema, const FileColumns& columns,
                 const std::set<int32_t>& told_by_partition, std::vector<std::string>& hindrances) {
  for (const iceberg::Field& field : fields) {
    if (columns.ids.contains(field.id)) {
      if (field.type->kind() == TypeKind::kStruct) {
        FindMissing(field.type->fields(), schema, columns, told_by_partition, hindrances);
      }
      continue;
    }
    const bool below = field.type->is_nested() &&
                       std::any_of(columns.plain.begin(), columns.plain.end(), [&](const FileColumn& column) {
                         return column.name.starts_with(schema.FullName(field.id) + ".");
                       });
    if (below || !field.required || field.initial_default || told_by_partition.contains(field.id)) continue;
    hindrances.push_back(
        fmt::format("it lacks the required column {} (field id {}), which was optional or not there when the file was "
                    "written: to make the column optional helps at once",
                    schema.FullName(field.id), field.id));
  }
}

}  // namespace

const FileColumn* FileColumns::Find(int32_t field_id) const {
  const auto found =
      std::find_if(plain.begin(), plain.end(), [&](const FileColumn& column) { return column.field_id == field_id; });
  return found == plain.end() ? nullptr : &*found;
}

FileColumns ColumnsOf(const pq::SchemaDescriptor& schema, const iceberg::NameMapping* mapping) {
  FileColumns columns;
  const GroupNode& root = *schema.group_node();
  for (int i = 0; i < root.field_count(); ++i) columns.have_ids |= AnyId(*root.field(i));
  Walk(schema, mapping, columns).Fields(root, /*repeated=*/false, /*required=*/true);
  return columns;
}

std::vector<std::string> WhatHindersReaders(const pq::SchemaDescriptor& file, const FileColumns& columns,
                                            const iceberg::Schema& schema, const std::set<int32_t>& told_by_partition) {
  std::vector<std::string> hindrances;
  if (!columns.have_ids && columns.ids.empty()) {
    hindrances.emplace_back(
        "its columns have no field ids, and the table has no name mapping that knows their names: readers cannot tell "
        "which column is which");
    return hindrances;
  }
  if (!columns.without_id.empty()) {
    hindrances.push_back(fmt::format("{} have no field id, though others have: readers leave them out",
                                     fmt::join(columns.without_id, ", ")));
  }
  if (!columns.twice.empty()) {
    hindrances.push_back(
        fmt::format("{} have a field id that another column has, too", fmt::join(columns.twice, ", ")));
  }
  for (const FileColumn& column : columns.plain) {
    const iceberg::Field* field = column.field_id ? schema.FindById(*column.field_id) : nullptr;
    if (field == nullptr || IsReadableAs(*file.Column(column.index), *field->type)) continue;
    hindrances.push_back(fmt::format("its column {} (field id {}) is {}, which is no {}", column.name, field->id,
                                     pq::TypeToString(file.Column(column.index)->physical_type()),
                                     field->type->ToString()));
  }
  FindMissing(schema.fields(), schema, columns, told_by_partition, hindrances);
  return hindrances;
}

}  // namespace frazil::parquet
