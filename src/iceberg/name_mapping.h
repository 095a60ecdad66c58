// Name mapping (spec, "Column Projection"): which field ids the columns of data files have that carry none.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/result.h"
#include "iceberg/schema.h"

namespace frazil::iceberg {

constexpr std::string_view kNameMappingProperty = "schema.name-mapping.default";

struct MappedField {
  std::optional<int32_t> field_id;  // none: the name maps to no column, what is below it may
  std::vector<std::string> names;   // a dot in a name is a letter as any other
  std::vector<MappedField> fields;  // a list's "element", a map's "key" and "value", a struct's fields
  bool operator==(const MappedField&) const = default;
};

class NameMapping {
 public:
  explicit NameMapping(std::vector<MappedField> fields);

  // kCorrupt where the text is malformed or a name stands twice among its siblings.
  static Result<NameMapping> Parse(std::string_view json);
  // The names that the schema has now.
  static NameMapping For(const Schema& schema);
  // With new columns, by the ids of their parents (0: the root). A column's name then maps to it and to no sibling any
  // longer, whatever that was called before; below a parent that is not mapped nothing is (reference: MappingUtil).
  NameMapping WithColumns(const std::multimap<int32_t, Field>& added) const;

  std::string ToJson() const;
  const std::vector<MappedField>& fields() const { return *fields_; }
  // The id of the column at this path of names, for example {"tags", "element"}.
  std::optional<int32_t> Find(std::span<const std::string> path) const;

 private:
  // The fields of one level by their names, which point into them.
  struct Level;

  // Copies share both.
  std::shared_ptr<const std::vector<MappedField>> fields_;
  std::shared_ptr<const Level> root_;
};

}  // namespace frazil::iceberg
