// Applies a partition transform to a whole Arrow column.
#pragma once

#include <arrow/type_fwd.h>

#include <cstdint>
#include <vector>

#include "common/result.h"
#include "iceberg/literal.h"
#include "iceberg/transform.h"
#include "iceberg/type.h"

namespace frazil::ingest {

// The transformed values, each once: row i has values[ids[i]]. Values are in the order of their first row.
struct PartitionColumn {
  std::vector<uint32_t> ids;
  std::vector<iceberg::Literal> values;
};

// Gives the same values as transform.Apply for each row. `column` must have the Arrow form of `source`. All NaNs count
// as one value. -0.0 and 0.0 are two values, as in the reference implementation.
Result<PartitionColumn> TransformColumn(const iceberg::Type& source, const iceberg::Transform& transform,
                                        const arrow::Array& column);

}  // namespace frazil::ingest
