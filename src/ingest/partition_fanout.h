// Splits rows by table partition.
#pragma once

#include <arrow/type_fwd.h>

#include <memory>
#include <vector>

#include "common/result.h"
#include "iceberg/partition_spec.h"
#include "iceberg/schema.h"

namespace frazil::ingest {

// Immutable, so lanes may share it.
class PartitionFanout {
 public:
  struct Part {
    std::vector<iceberg::Literal> partition;   // one value for each field of the spec
    std::shared_ptr<arrow::RecordBatch> rows;  // in their original order
  };

  // kUnsupported if the spec has an unknown transform; kInvalidArgument if it does not fit the schema. A field whose
  // source column no longer exists gives null, as void does.
  static Result<PartitionFanout> Make(const iceberg::Schema& schema, const iceberg::PartitionSpec& spec);

  // The parts are in the order of their first rows; an empty batch has none. If all rows share one partition, the part
  // is `batch` itself. If rows are already grouped by partition, the parts are slices of it. Otherwise all rows are
  // copied once, and the parts are slices of the copy, which lives as long as any of them.
  Result<std::vector<Part>> Split(const std::shared_ptr<arrow::RecordBatch>& batch) const;

 private:
  struct Source {
    size_t position;        // index in the partition tuple
    std::vector<int> path;  // child indexes from the root down, through structs
    iceberg::TypePtr type;
    iceberg::Transform transform;
  };

  size_t fields_ = 0;
  std::vector<Source> sources_;  // without fields that always give null
};

}  // namespace frazil::ingest
