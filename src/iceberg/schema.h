// A table's schema: the root struct, its id and identifier fields.
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

  const Field* FindById(int32_t id) const;  // nullptr if absent; nested fields too
  // Dots join nested names ("a.b", "list.element", "map.value"); a name that itself holds a dot is found too.
  const Field* FindByName(std::string_view name) const;
  const Field* FindAtRoot(std::string_view name) const;  // a dot is a letter as any other
  std::string FullName(int32_t id) const;                // "a.b"; empty if absent
  int32_t HighestFieldId() const;
  // True if the field lies inside a list or map: it can be no partition source and gets no metrics.
  bool InRepeated(int32_t id) const;

  bool SameFields(const Schema& other) const { return *root_ == *other.root_; }
  std::string ToString() const;  // one line a column

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

// The same fields with ids counted up from `first_id` in the order of the reference (a struct's fields first, then
// what is below them). Returns the highest id used through `last_id`.
std::vector<Field> AssignFreshIds(const std::vector<Field>& fields, int32_t first_id, int32_t* last_id);

}  // namespace frazil::iceberg
