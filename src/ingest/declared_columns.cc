#include "ingest/declared_columns.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <string_view>

#include "common/log.h"
#include "iceberg/json_members.h"

namespace frazil::ingest {
namespace {

using iceberg::Field;
using iceberg::TypeKind;

constexpr std::string_view kDeclaredProperty = "frazil.declared/";  // and the pipeline's name

const Field* FindField(const std::vector<Field>& fields, std::string_view name) {
  const auto found = std::find_if(fields.begin(), fields.end(), [&](const Field& field) { return field.name == name; });
  return found == fields.end() ? nullptr : &*found;
}

std::string Joined(const std::string& above, std::string_view name) {
  return above.empty() ? std::string(name) : fmt::format("{}.{}", above, name);
}

// `fields`: those of `parent`, a struct, list or map.
Status FindRenames(const decode::Renames& renames, const std::vector<Field>& fields, TypeKind parent,
                   const std::string& above, const SinkOptions& options, WantedRenames& wanted) {
  for (const auto& [before, now] : renames.names()) {
    const Field* const there = FindField(fields, before);
    const Field* const done = FindField(fields, now);
    if (there != nullptr && parent != TypeKind::kStruct) {
      return Fail(ErrorKind::kInvalidArgument, "rename: '{}' is a part of a list or map: only columns have names",
                  Joined(above, before));
    }
    if (there != nullptr && done != nullptr) {
      return Fail(ErrorKind::kInvalidArgument,
                  "rename: table {} has both '{}' and '{}', and nothing tells which of them a row's value is in. Take "
                  "this line out of 'rename:' to keep both; or rename or drop one of them with another engine",
                  options.table.ToString(), Joined(above, before), Joined(above, now));
    }
    if (there != nullptr) {
      wanted.renames.push_back({there->id, now});
    } else if (done == nullptr) {
      wanted.notes.push_back(fmt::format("rename: there is neither a column '{}' nor '{}' yet", Joined(above, before),
                                         Joined(above, now)));
    }
  }
  for (const auto& [name, below] : renames.below()) {
    const Field* field = FindField(fields, name);
    for (auto old = renames.names().begin(); field == nullptr && old != renames.names().end(); ++old) {
      if (old->second == name) field = FindField(fields, old->first);
    }
    if (field == nullptr) {
      wanted.notes.push_back(fmt::format("rename: there is no column '{}' yet", Joined(above, name)));
      continue;
    }
    FRAZIL_RETURN_IF_ERROR(
        FindRenames(below, field->type->fields(), field->type->kind(), Joined(above, field->name), options, wanted));
  }
  return {};
}

using Ids = std::set<int32_t>;

// Of the columns of a table that `declared` describes, at every depth.
void NoteDeclared(const std::vector<Field>& declared, const std::vector<Field>& fields, Ids& ids) {
  for (const Field& one : declared) {
    const Field* const column = FindField(fields, one.name);
    if (column == nullptr) continue;
    ids.insert(column->id);
    NoteDeclared(one.type->fields(), column->type->fields(), ids);
  }
}

// The columns that `rename:` names, and what they are in.
void NoteRenamed(const decode::Renames& renames, const std::vector<Field>& fields, Ids& ids) {
  for (const auto& [before, now] : renames.names()) {
    if (const Field* const column = FindField(fields, now)) ids.insert(column->id);
  }
  for (const auto& [name, below] : renames.below()) {
    const Field* const column = FindField(fields, name);
    if (column == nullptr) continue;
    ids.insert(column->id);
    NoteRenamed(below, column->type->fields(), ids);
  }
}

Ids DeclaredNow(const iceberg::Schema& schema, const SinkOptions& options) {
  Ids ids;
  NoteDeclared(options.schema, schema.fields(), ids);
  NoteRenamed(options.decoder.renames, schema.fields(), ids);
  return ids;
}

// None where the property is not there, or is not ours.
Ids DeclaredBefore(const std::string& key, const std::string& value) {
  const auto json = iceberg::json::Parse(value);
  std::vector<int32_t> ids;
  if (!json || !iceberg::json::Read(*json, &ids)) {
    log::warn("the table's property {} is no list of field ids: which columns were declared before is not known", key);
    return {};
  }
  return {ids.begin(), ids.end()};
}

bool Asked(const SinkOptions& options) {
  return options.decoder.full && !options.schema.empty() && !options.pipeline.empty();
}

void FindDrops(const std::vector<Field>& fields, TypeKind parent, const Ids& gone, std::vector<int32_t>& drops) {
  for (const Field& field : fields) {
    if (parent == TypeKind::kStruct && gone.contains(field.id)) {
      drops.push_back(field.id);
    } else {
      FindDrops(field.type->fields(), field.type->kind(), gone, drops);
    }
  }
}

}  // namespace

Result<WantedRenames> RenamesFor(const iceberg::Schema& schema, const SinkOptions& options) {
  WantedRenames wanted;
  FRAZIL_RETURN_IF_ERROR(FindRenames(options.decoder.renames, schema.fields(), TypeKind::kStruct, "", options, wanted));
  return wanted;
}

WantedDrops DropsFor(const iceberg::TableMetadata& table, const SinkOptions& options) {
  WantedDrops wanted;
  if (!Asked(options)) return wanted;
  const iceberg::Schema& schema = *table.schema();
  const Ids now = DeclaredNow(schema, options);
  Ids gone;
  for (const auto& [key, value] : table.properties) {
    if (!key.starts_with(kDeclaredProperty)) continue;
    const std::string_view pipeline = std::string_view(key).substr(kDeclaredProperty.size());
    if (pipeline != options.pipeline && pipeline != options.take_over) continue;
    for (const int32_t id : DeclaredBefore(key, value)) {
      if (!now.contains(id) && schema.FindById(id) != nullptr) gone.insert(id);
    }
  }
  for (const auto& [key, value] : table.properties) {
    if (gone.empty() || !key.starts_with(kDeclaredProperty)) continue;
    const std::string_view pipeline = std::string_view(key).substr(kDeclaredProperty.size());
    if (pipeline == options.pipeline || pipeline == options.take_over) continue;
    for (const int32_t id : DeclaredBefore(key, value)) {
      if (gone.erase(id) == 0) continue;
      wanted.notes.push_back(fmt::format("column '{}' stays, which 'schema:' has no longer: pipeline {} declares it",
                                         schema.FullName(id), pipeline));
    }
  }
  FindDrops(schema.fields(), TypeKind::kStruct, gone, wanted.drops);
  return wanted;
}

Status KeepDeclared(const SinkOptions& options, table::Table& table) {
  if (!Asked(options)) return {};
  const std::string key = std::string(kDeclaredProperty) + options.pipeline;
  const std::string ids =
      fmt::format("[{}]", fmt::join(DeclaredNow(*table.current().metadata->schema(), options), ","));
  if (table.current().metadata->Property(key, "") == ids) return {};
  FRAZIL_ASSIGN_OR_RETURN(const bool kept, table.SetProperty(key, ids));
  if (!kept) {
    log::warn(
        "table {}: its catalog keeps no table properties, so that columns which go from 'schema:' stay in the table",
        table.ident().ToString());
  }
  return {};
}

}  // namespace frazil::ingest
