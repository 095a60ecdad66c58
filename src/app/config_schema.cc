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

void ReadName(const Key& key, YamlMap& column, iceberg::Field& field) {
  field.name = column.Text(key.name).value_or("");
  if (column.Has(key.name) && field.name.empty()) column.Add(key.name, "the name is empty");
}

Status ParseType(iceberg::Field& field, const std::string& text) {
  FRAZIL_ASSIGN_OR_RETURN(auto type, iceberg::ParseTypeText(text));
  if (const auto newer = NewerType(*type); !newer.empty()) {
    return Fail(ErrorKind::kUnsupported, "\"{}\" needs table format v3, which is not supported yet", newer);
  }
  field.type = std::move(type);
  return {};
}

}  // namespace

const Section<iceberg::Field>& ColumnKeys() {
  static const auto keys =
      Section<iceberg::Field>("iceberg")
          .Add({.type = Key::Type::kText, .name = "name", .about = "the column's name", .missing = "the column's name"},
               ReadName)
          .Parsed("type", ParseType, "[a type of Iceberg's](#schema)")
          .Required("an Iceberg type such as long, decimal(9, 2) or list<string>")
          .Flag("required", &iceberg::Field::required, "`true`: a record without a value is a bad record")
          .Text("doc", &iceberg::Field::doc, "what the column is, for who reads the table");
  return keys;
}

std::vector<iceberg::Field> ReadSchema(YamlMap& config, std::string_view key, iceberg::ColumnNames& names) {
  std::vector<iceberg::Field> fields;
  for (auto& column : config.Maps(key)) {
    iceberg::Field field;
    ColumnKeys().Read(column, field);
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
