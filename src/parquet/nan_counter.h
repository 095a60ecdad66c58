// Counts NaNs while rows are written, because Parquet footers do not contain them.
#pragma once

#include <arrow/type_fwd.h>

#include <cstdint>
#include <map>
#include <vector>

#include "common/result.h"
#include "iceberg/schema.h"

namespace frazil::parquet {

// By field id: the NaN count in each row group. For float and double columns outside of lists and maps.
using NanCounts = std::map<int32_t, std::vector<int64_t>>;

class NanCounter {
 public:
  explicit NanCounter(const iceberg::Schema& schema);

  // `rows` must have the Arrow form of the schema.
  Status Add(const arrow::RecordBatch& rows);
  // Ends a row group: the rows added since the last call belong to it.
  void EndRowGroup();
  const NanCounts& counts() const { return counts_; }

 private:
  struct Column {
    int32_t field_id;
    std::vector<int> path;  // child indexes, from the root down
    int64_t pending;
  };
  void Collect(const std::vector<iceberg::Field>& fields, std::vector<int>* path);

  std::vector<Column> columns_;
  NanCounts counts_;
};

}  // namespace frazil::parquet
