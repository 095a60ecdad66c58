#include "iceberg/schema_change.h"

#include <fmt/core.h>

#include <algorithm>

#include "iceberg/schema_update.h"
#include "iceberg/type_text.h"

namespace frazil::iceberg {
namespace {

using Kind = FieldChange::Kind;

const Field* FindField(const std::vector<Field>& fields, int32_t id) {
  const auto found = std::find_if(fields.begin(), fields.end(), [&](const Field& field) { return field.id == id; });
  return found == fields.end() ? nullptr : &*found;
}

class Comparison {
 public:
  std::vector<FieldChange> Take() { return std::move(changes_); }

  void Compare(const std::vector<Field>& before, const std::vector<Field>& after, const std::string& parent) {
    const auto full = [&](const Field& field) { return parent.empty() ? field.name : parent + "." + field.name; };
    for (const Field& one : before) {
      if (const Field* other = FindField(after, one.id)) {
        Compare(one, *other, full(one));
      } else {
        changes_.push_back({Kind::kGone, full(one), {}});
      }
    }
    for (const Field& one : after) {
      if (FindField(before, one.id) == nullptr) changes_.push_back({Kind::kCame, full(one), one});
    }
  }

 private:
  void Compare(const Field& before, const Field& after, const std::string& name) {
    const auto note = [&](Kind kind) { changes_.push_back({kind, name, after}); };
    if (before.name != after.name) note(Kind::kRenamed);
    if (before.required != after.required) note(after.required ? Kind::kRequired : Kind::kOptional);
    if (before.initial_default != after.initial_default || before.write_default != after.write_default) {
      note(Kind::kDefaulted);
    }
    if (before.type->kind() == after.type->kind() && after.type->is_nested()) {
      Compare(before.type->fields(), after.type->fields(), name);
    } else if (!(*before.type == *after.type)) {
      changes_.push_back({Kind::kRetyped, name, after, before.type});
    }
  }

  std::vector<FieldChange> changes_;
};

}  // namespace

std::vector<FieldChange> ChangesBetween(const Schema& before, const Schema& after) {
  Comparison comparison;
  if (!before.SameFields(after)) comparison.Compare(before.fields(), after.fields(), "");
  return comparison.Take();
}

bool KeepsRows(const FieldChange& change) {
  const Field& after = change.after;
  const bool has_default = after.initial_default.has_value() || after.write_default.has_value();
  if (change.kind == Kind::kRetyped) {
    const TypeKind kind = change.before->kind();
    return (kind == TypeKind::kInt || kind == TypeKind::kDecimal) && CanPromote(*change.before, *after.type);
  }
  return change.kind == Kind::kOptional || (change.kind == Kind::kCame && !after.required && !has_default);
}

std::string Describe(const FieldChange& change) {
  switch (change.kind) {
    case Kind::kCame:
      return fmt::format("{}column '{}' came", change.after.required ? "required " : "", change.name);
    case Kind::kGone:
      return fmt::format("column '{}' was dropped", change.name);
    case Kind::kRenamed:
      return fmt::format("column '{}' was renamed '{}'", change.name, change.after.name);
    case Kind::kRetyped:
      return fmt::format("column '{}' is {} now", change.name, TypeText(*change.after.type));
    case Kind::kRequired:
      return fmt::format("column '{}' is required now", change.name);
    case Kind::kOptional:
      return fmt::format("column '{}' is optional now", change.name);
    case Kind::kDefaulted:
      return fmt::format("column '{}' has another default", change.name);
  }
  return change.name;
}

}  // namespace frazil::iceberg
