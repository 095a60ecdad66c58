// Appends JSON records to columns. This is the hot path of the JSON decoder.
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
  std::vector<std::string> reserved;  // names at the root that records must not use
};

// Not thread-safe. One object may serve several column trees.
class JsonRows {
 public:
  explicit JsonRows(const JsonRowsOptions& options);
  ~JsonRows();

  using Outcome = PayloadOutcome;
  // Appends one record. `value` must be followed by record::kSpareBytes readable bytes. Unless the outcome is kRow, the
  // columns hold a part of the row: truncate them.
  Outcome Append(std::string_view value, Column& root);
  const std::string& reason() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace frazil::decode
