// Name mapping (spec, "Column Projection"): the field ids of columns in data files that have no ids.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "common/result.h"
#include "iceberg/schema.h"

namespace frazil::iceberg {

constexpr std::string_view kNameMappingProperty = "schema.name-mapping.default";

struct MappedField {
  std::optional<int32_t> field_id;  // nullopt: the name maps to no column, but names below it may
  std::vector<std::string> names;   // a dot in a name has no special meaning
  std::vector<MappedField> fields;  // a list's "element", a map's "key" and "value", a struct's fields
  bool operator==(const MappedField&) const = default;
};

class NameMapping {
 public:
  explicit NameMapping(std::vector<MappedField> fields);

  // kCorrupt if the text is malformed, or if a name occurs twice among siblings.
  static Result<NameMapping> Parse(std::string_view json);
  // A mapping from the schema's current names.
  static NameMapping For(const Schema& schema);
  // This mapping with new columns, keyed by the id of their parent (0: the root). The name of a new column maps to it
  // alone, even if a sibling had that name before. Below a parent that is not mapped, nothing is added (reference:
  // MappingUtil).
  NameMapping WithColumns(const std::multimap<int32_t, Field>& added) const;

  // With names that mapped columns have besides those they had, by ids; none of their siblings keeps such a name.
  NameMapping WithNames(const std::unordered_map<int32_t, std::string>& names) const;

  std::string ToJson() const;
  const std::vector<MappedField>& fields() const { return *fields_; }
  // The id of the column with this path of names: {"tags", "element"}.
  std::optional<int32_t> Find(std::span<const std::string> path) const;

 private:
  // The fields of one level, by name. The names are views into the fields.
  struct Level;

  // Copies of this object share both.
  std::shared_ptr<const std::vector<MappedField>> fields_;
  std::shared_ptr<const Level> root_;
};

}  // namespace frazil::iceberg
