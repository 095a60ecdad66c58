#include "decode/column_rules.h"

#include <algorithm>

namespace frazil::decode {
namespace {

// `declared`: the fields that are declared of it.
void Apply(const Renames* renames, const std::vector<iceberg::Field>& declared, const Column::Freedom& freedom,
           Column& column) {
  static const std::vector<iceberg::Field> kNone;
  column.SetRenames(renames);
  for (size_t i = 0; i < column.child_count(); ++i) {
    Column& child = column.child(i);
    const auto said = std::find_if(declared.begin(), declared.end(),
                                   [&](const iceberg::Field& field) { return field.name == child.name(); });
    const bool is_declared = said != declared.end();
    child.SetFreedom({.evolves = freedom.evolves,
                      .widens = !is_declared,
                      .relaxes = !is_declared || !said->required,
                      .hides = freedom.hides});
    Apply(renames == nullptr ? nullptr : renames->Below(child.name()), is_declared ? said->type->fields() : kNone,
          freedom, child);
  }
}

}  // namespace

void ApplyRules(const DecoderOptions& options, Column& root) {
  const bool diverts = options.on_type_conflict == OnTypeConflict::kColumn;
  const Column::Freedom freedom{.evolves = options.full, .hides = diverts ? kConflictSuffix : std::string_view()};
  root.SetFreedom(freedom);
  if (options.on_unknown_field == OnUnknownField::kColumn) root.Hide(options.unknown_fields_column);
  Apply(options.renames.empty() ? nullptr : &options.renames, options.declared, freedom, root);
}

}  // namespace frazil::decode
