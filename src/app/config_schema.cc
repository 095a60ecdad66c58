// `schema:` of a sink: declared columns.
#include <fmt/format.h>

#include <algorithm>

#include "app/config_sections.h"
#include "iceberg/table_rules.h"
#include "iceberg/type_text.h"

namespace frazil::app {
namespace {

// The word of a type that needs a newer table format than Frazil writes; empty if there is none in it.
std::string NewerType(const iceberg::Type& type) {
  if (iceberg::FirstVersionWith(type.kind()) > 2) return type.ToString();
  if (!type.is_nested()) return {};
  for (const auto& field : type.fields()) {
    if (auto newer = NewerType(*field.type); !newer.empty()) return newer;
  }
  return {};
}

iceberg::TypePtr ReadType(YamlMap& column) {
  column.Require("type", "an Iceberg type such as long, decimal(9, 2) or list<string>");
  const auto text = column.Text("type");
  if (!text) return nullptr;
  auto type = iceberg::ParseTypeText(*text);
  if (!type) {
    column.Add("type", type.error().message);
    return nullptr;
  }
  if (const auto newer = NewerType(**type); !newer.empty()) {
    column.Add("type", fmt::format("\"{}\" needs table format v3, which is not supported yet", newer));
    return nullptr;
  }
  return *std::move(type);
}

}  // namespace

std::vector<iceberg::Field> ReadSchema(YamlMap& config, iceberg::ColumnNames& names) {
  std::vector<iceberg::Field> fields;
  for (auto& column : config.Maps("schema")) {
    iceberg::Field field;
    column.Require("name", "the column's name");
    field.name = column.Text("name").value_or("");
    if (column.Has("name") && field.name.empty()) column.Add("name", "the name is empty");
    field.type = ReadType(column);
    field.required = column.Flag("required").value_or(false);
    field.doc = column.Text("doc").value_or("");
    column.Finish();
    const bool twice = std::any_of(fields.begin(), fields.end(), [&](const auto& f) { return f.name == field.name; });
    if (twice) {
      column.Add("name", fmt::format("column \"{}\" is declared already", field.name));
    } else if (field.type != nullptr) {
      if (const auto clash = names.Take("", field)) {
        column.Add("name", fmt::format("column \"{}\": {}", clash->column, clash->why));
      }
    }
    fields.push_back(std::move(field));
  }
  return fields;
}

}  // namespace frazil::app
