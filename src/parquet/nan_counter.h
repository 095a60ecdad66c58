// Counts NaNs while rows are written: Parquet footers do not carry them.
#pragma once

#include <arrow/type_fwd.h>

#include <cstdint>
#include <map>
#include <vector>

#include "common/result.h"
#include "iceberg/schema.h"

namespace frazil::parquet {

// NaNs of float and double columns outside lists and maps, by field id: one count for each row group.
using NanCounts = std::map<int32_t, std::vector<int64_t>>;

class NanCounter {
 public:
  explicit NanCounter(const iceberg::Schema& schema);

  // `rows` must have the schema's Arrow form.
  Status Add(const arrow::RecordBatch& rows);
  // What was added since the last call belongs to one row group.
  void EndRowGroup();
  const NanCounts& counts() const { return counts_; }

 private:
  struct Column {
    int32_t field_id;
    std::vector<int> path;  // child indices from the root down
    int64_t pending;
  };
  void Collect(const std::vector<iceberg::Field>& fields, std::vector<int>* path);

  std::vector<Column> columns_;
  NanCounts counts_;
};

}  // namespace frazil::parquet
