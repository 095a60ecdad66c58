// Reads the shape of one JSON record.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "decode/json_shape.h"
#include "decode/renames.h"

namespace frazil::decode {

class JsonShapeReader {
 public:
  // Fields are called what `renames` makes of their names.
  // No field that says something may be called NAME__conflict if `diverts` (OnTypeConflict::kColumn).
  explicit JsonShapeReader(bool infer_time, Renames renames = {}, bool diverts = false);
  ~JsonShapeReader();

  enum class Outcome {
    kRead,
    kContradicts,  // one place of the record has values that no column type accepts together
    kMalformed,    // not a JSON object, a duplicate key, or nested too deep; reason() says which
  };
  // `value` must be followed by record::kSpareBytes readable bytes. `shape` must be empty.
  Outcome Read(std::string_view value, JsonShape& shape);
  const std::string& reason() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace frazil::decode
