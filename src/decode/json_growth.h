// Columns that a JSON record asks for and its table lacks.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "decode/column.h"
#include "decode/json_shape_reader.h"

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

}  // namespace frazil::decode
