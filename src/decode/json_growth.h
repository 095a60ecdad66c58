// Columns that a JSON record asks for and its table lacks.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "decode/column.h"
#include "decode/json_shape_reader.h"
#include "iceberg/schema_update.h"

namespace frazil::decode {

class JsonGrowth {
 public:
  // No column is made for `reserved` names at the root.
  JsonGrowth(bool infer_time, std::vector<std::string> reserved);

  // Adds the record's unknown fields to the tree, whose columns must be even, and notes each new column in `added`
  // (not what is below it). The whole record is looked at first: [1, 2.5] asks for doubles. False, with a reason, if
  // the record is malformed.
  bool Grow(std::string_view value, Column& root, std::vector<Column*>& added);
  const std::string& reason() const { return reader_.reason(); }

 private:
  void GrowStruct(const JsonShape& shape, Column& into, std::vector<Column*>& added);
  void GrowInto(const JsonShape& shape, Column& into, std::vector<Column*>& added);

  JsonShapeReader reader_;
  std::vector<std::string> reserved_;
};

// Takes the columns noted last away again, until `keep` are left.
void RemoveColumns(std::vector<Column*>& added, size_t keep);

// What to ask the table for: columns added below an added one are part of it.
std::vector<iceberg::ColumnAddition> ToAdditions(std::span<Column* const> added);

// Lists within each other on the way from the record to the innermost value of the column.
int NestedLists(const Column& column);
int NestedLists(const iceberg::Type& type);

}  // namespace frazil::decode
