#include "decode/renames.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>
#include <vector>

namespace frazil::decode {
namespace {

std::vector<std::string> Levels(std::string_view path) {
  std::vector<std::string> levels;
  for (size_t from = 0;;) {
    const size_t dot = path.find('.', from);
    levels.emplace_back(path.substr(from, dot - from));
    if (dot == std::string_view::npos) return levels;
    from = dot + 1;
  }
}

}  // namespace

Result<Renames> Renames::Make(const std::map<std::string, std::string>& names_by_path) {
  struct Entry {
    std::vector<std::string> levels;
    std::string path, name;
  };
  std::vector<Entry> entries;
  for (const auto& [path, name] : names_by_path) entries.push_back({Levels(path), path, name});
  // What is above is renamed first.
  std::stable_sort(entries.begin(), entries.end(),
                   [](const Entry& a, const Entry& b) { return a.levels.size() < b.levels.size(); });
  Renames root;
  for (const Entry& entry : entries) {
    const auto refuse = [&](std::string_view why) {
      return Fail(ErrorKind::kInvalidArgument, "\"{}: {}\": {}", entry.path, entry.name, why);
    };
    if (std::any_of(entry.levels.begin(), entry.levels.end(), [](const std::string& name) { return name.empty(); })) {
      return refuse("expected names with single dots between them");
    }
    if (entry.name.empty()) return refuse("the new name is empty");
    Renames* place = &root;
    std::string above;
    for (size_t i = 0; i + 1 < entry.levels.size(); ++i) {
      above += entry.levels[i] + ".";
      place = &place->below_[std::string(place->NameNow(entry.levels[i]))];
    }
    const std::string& before = entry.levels.back();
    if (!above.empty() && entry.name.starts_with(above)) {
      return refuse(fmt::format("give the new name alone: \"{}\"", entry.name.substr(above.size())));
    }
    if (before == entry.name) return refuse("the two names are the same");
    for (const auto& [old_name, new_name] : place->names_) {
      if (new_name == entry.name) return refuse(fmt::format("\"{}\" is to have that name", old_name));
      if (new_name == before || old_name == entry.name) {
        return refuse(
            fmt::format("beside \"{}: {}\": a name that is old and new at once cannot be told from one that "
                        "was given before",
                        old_name, new_name));
      }
    }
    if (!place->names_.emplace(before, entry.name).second) return refuse("the field is renamed twice");
  }
  return root;
}

std::string_view Renames::NameNow(std::string_view name) const {
  const auto found = names_.find(name);
  return found == names_.end() ? name : std::string_view(found->second);
}

std::vector<iceberg::Field> FieldsNow(std::vector<iceberg::Field> fields, const Renames* renames) {
  using iceberg::Type;
  if (renames == nullptr) return fields;
  std::vector<iceberg::Field> now;
  for (iceberg::Field& field : fields) {
    field.name = renames->NameNow(field.name);
    if (std::any_of(now.begin(), now.end(), [&](const iceberg::Field& other) { return other.name == field.name; }))
      continue;
    if (field.type->is_nested()) {
      auto below = FieldsNow(field.type->fields(), renames->Below(field.name));
      switch (field.type->kind()) {
        case iceberg::TypeKind::kStruct:
          field.type = Type::Struct(std::move(below));
          break;
        case iceberg::TypeKind::kList:
          field.type = Type::List(below[0].id, below[0].type, below[0].required);
          break;
        default:
          field.type = Type::Map(below[0].id, below[0].type, below[1].id, below[1].type, below[1].required);
      }
    }
    now.push_back(std::move(field));
  }
  return now;
}

const Renames* Renames::Below(std::string_view name) const {
  const auto found = below_.find(name);
  return found == below_.end() ? nullptr : &found->second;
}

}  // namespace frazil::decode
