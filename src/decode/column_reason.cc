#include "decode/column_reason.h"

#include <fmt/core.h>

#include "common/text/shown.h"

namespace frazil::decode {

std::string PathOf(const Column& column) { return Shown(column.FullName()); }

std::string PathOf(const Column& object, std::string_view key) {
  const std::string above = object.FullName();
  return Shown(above.empty() ? std::string(key) : fmt::format("{}.{}", above, key));
}

std::string IsRequired(const Column& column, std::string_view state) {
  return fmt::format(
      "field '{}' is {}, but its column is required; send it, or make the column optional with another "
      "engine",
      PathOf(column), state);
}

std::string RenamedTwice(const Column& column) {
  return fmt::format("field '{}' has a value under its old name as well, and `rename:` says that they are one column",
                     PathOf(column));
}

std::string NotAllowedInStrictMode(const Column& object, std::string_view key) {
  return fmt::format(
      "Schema evolution not allowed in strict mode: field '{}' has no column; set `schema_evolution: add_columns`, or "
      "add the column to the table",
      PathOf(object, key));
}

std::string NotWanted(const Column& object, std::string_view key) {
  return fmt::format(
      "field '{}' has no column, and `on_unknown_field: fail` wants none; declare it under `schema:`, or say ignore or "
      "column there",
      PathOf(object, key));
}

std::string TooManyColumns(const Column& column, int64_t max_columns) {
  const bool new_object = column.kind() == iceberg::TypeKind::kStruct && column.parent()->parent() == nullptr;
  return fmt::format(
      "field '{}' has no column, and with this record the table would have more than `max_columns: {}` allows; raise "
      "it{}",
      PathOf(column), max_columns, new_object ? ", or if its keys are data declare it as a map under `schema:`" : "");
}

std::string TooManyLists(const Column& column, int max_nested_lists) {
  return fmt::format(
      "field '{}' has no column, and its lists are nested deeper than `max_nested_lists: {}` allows for a new one; "
      "raise it, or declare the column under `schema:`",
      PathOf(column), max_nested_lists);
}

std::string CannotHave(const iceberg::NameClash& clash) {
  return fmt::format("field '{}' has no column and cannot have one: {}; rename the field", Shown(clash.column),
                     clash.why);
}

std::string Refused(const Column& column, std::string_view why) {
  return fmt::format("field '{}' has no column, and the catalog does not take a new one: {}", PathOf(column), why);
}

std::string CannotBecome(const Column& column, std::string_view why) {
  return fmt::format("field '{}' does not fit its column, and the table does not take another one: {}", PathOf(column),
                     why);
}

std::string IsMetadataColumn(std::string_view key) {
  return fmt::format(
      "field '{}' has the name of a metadata column, or of that for unknown fields, which Frazil fills; take it out of "
      "`metadata:`, give `unknown_fields_column:` another name, or rename the field",
      key);
}

std::string IsForConflicts(std::string_view key) {
  return fmt::format(
      "field '{}' has a name that `on_type_conflict: column` keeps for values that contradict their columns; rename "
      "the "
      "field",
      Shown(key));
}

}  // namespace frazil::decode
