// A table's schema: the columns, the schema id and the identifier fields. Immutable, so thread-safe.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "iceberg/type.h"

namespace frazil::iceberg {

class Schema {
 public:
  Schema(int32_t schema_id, std::vector<Field> fields, std::vector<int32_t> identifier_field_ids = {});

  int32_t schema_id() const { return schema_id_; }
  const std::vector<Field>& fields() const { return root_->fields(); }
  const TypePtr& root() const { return root_; }
  const std::vector<int32_t>& identifier_field_ids() const { return identifier_field_ids_; }

  const Field* FindById(int32_t id) const;  // nullptr if there is none; finds nested fields, too
  // Dots join nested names ("a.b", "list.element", "map.value"). A name that contains a dot itself is found, too.
  const Field* FindByName(std::string_view name) const;
  const Field* FindAtRoot(std::string_view name) const;  // a dot has no special meaning
  std::string FullName(int32_t id) const;                // "a.b"; empty if there is no such field
  int32_t HighestFieldId() const;
  // True if the field is inside a list or map. Such a field cannot be a partition source, and has no bounds.
  bool InRepeated(int32_t id) const;

  bool SameFields(const Schema& other) const { return *root_ == *other.root_; }
  std::string ToString() const;  // one line for each column

 private:
  struct Place {
    const Field* field;
    std::string full_name;
    bool in_repeated;
  };
  void Index(const std::vector<Field>& fields, const std::string& prefix, bool in_repeated);

  int32_t schema_id_;
  TypePtr root_;
  std::vector<int32_t> identifier_field_ids_;
  std::unordered_map<int32_t, Place> by_id_;
  std::unordered_map<std::string, const Field*> by_name_;
};
using SchemaPtr = std::shared_ptr<const Schema>;

// Assigns new ids to the fields, counting up from `first_id` in the order of the reference implementation: first all
// fields of a struct, then the fields below them. Stores the highest id in `last_id`.
std::vector<Field> AssignFreshIds(const std::vector<Field>& fields, int32_t first_id, int32_t* last_id);

}  // namespace frazil::iceberg
