// Appends JSON records to columns: the hot path of the JSON decoder.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "decode/column.h"
#include "decode/payload_outcome.h"

namespace frazil::decode {

struct JsonRowsOptions {
  bool add_columns = true;
  std::vector<std::string> reserved;  // names at the root that no record may use
};

// Not thread-safe; one of them may serve any number of column trees.
class JsonRows {
 public:
  explicit JsonRows(const JsonRowsOptions& options);
  ~JsonRows();

  using Outcome = PayloadOutcome;
  // `value` must be followed by record::kSpareBytes readable bytes. On any outcome but kRow the columns hold a part of
  // the row: truncate them.
  Outcome Append(std::string_view value, Column& root);
  const std::string& reason() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace frazil::decode
