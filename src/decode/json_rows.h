// Appends JSON records to columns. This is the hot path of the JSON decoder.
#pragma once

#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "decode/column.h"
#include "decode/column_growth.h"
#include "decode/decoder.h"
#include "decode/payload_outcome.h"

namespace frazil::decode {

struct JsonRowsOptions {
  bool add_columns = true;
  std::vector<std::string> reserved;  // names at the root that records must not use
  OnUnknownField on_unknown_field = OnUnknownField::kEvolve;
  OnTypeConflict on_type_conflict = OnTypeConflict::kBad;
  std::string unknown_fields_column = {};  // with OnUnknownField::kColumn
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
  // After kGrows: what a column must become for the record, or nothing where a field has no column.
  const ColumnWish& wish() const;

  // Of all rows since Forget.
  const FieldCounts& counts() const;
  const std::set<std::string>& left_out() const;  // names of fields, the first few
  void Forget();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace frazil::decode
