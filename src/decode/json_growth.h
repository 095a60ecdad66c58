// Adds columns that a JSON record needs and the table lacks.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "decode/column.h"
#include "decode/decoder.h"
#include "decode/json_shape_reader.h"

namespace frazil::decode {

class JsonGrowth {
 public:
  // No column is made for `reserved` names at the root.
  JsonGrowth(const DecoderOptions& options, std::vector<std::string> reserved);

  // Adds columns for the record's unknown fields to the tree, and appends each new column (without those below it) to
  // `added`. All columns must have the same length. The whole record is read first, because [1, 2.5] needs doubles.
  // Returns false if the record is malformed; reason() says why.
  bool Grow(std::string_view value, Column& root, std::vector<Column*>& added);
  const std::string& reason() const { return reader_.reason(); }

 private:
  void GrowStruct(const JsonShape& shape, Column& into, std::vector<Column*>& added);
  void GrowInto(const JsonShape& shape, Column& into, std::vector<Column*>& added);

  JsonShapeReader reader_;
  std::vector<std::string> reserved_;
  bool text_;
};

}  // namespace frazil::decode
