// Splits rows by table partition.
#pragma once

#include <arrow/type_fwd.h>

#include <memory>
#include <vector>

#include "common/result.h"
#include "iceberg/partition_spec.h"
#include "iceberg/schema.h"

namespace frazil::ingest {

// Immutable once made: lanes may share it.
class PartitionFanout {
 public:
  struct Part {
    std::vector<iceberg::Literal> partition;   // one value a field of the spec
    std::shared_ptr<arrow::RecordBatch> rows;  // in the order they came
  };

  // kUnsupported if the spec has a transform that is not known, kInvalidArgument if it does not fit the schema. A field
  // whose source column is gone from the schema is null, as void is.
  static Result<PartitionFanout> Make(const iceberg::Schema& schema, const iceberg::PartitionSpec& spec);

  // Parts in the order of their first rows; none for a batch without rows. Rows that all share one partition come back
  // as `batch` itself, rows that stand partition by partition as slices of it; otherwise all rows are copied once and
  // the parts are slices of that copy, which lives as long as any of them.
  Result<std::vector<Part>> Split(const std::shared_ptr<arrow::RecordBatch>& batch) const;

 private:
  struct Source {
    size_t position;        // in the tuple
    std::vector<int> path;  // child indices from the root down, through structs
    iceberg::TypePtr type;
    iceberg::Transform transform;
  };

  size_t fields_ = 0;
  std::vector<Source> sources_;  // all but those that always give null
};

}  // namespace frazil::ingest
