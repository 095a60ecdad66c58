// A partition transform applied to a whole Arrow column.
#pragma once

#include <arrow/type_fwd.h>

#include <cstdint>
#include <vector>

#include "common/result.h"
#include "iceberg/literal.h"
#include "iceberg/transform.h"
#include "iceberg/type.h"

namespace frazil::ingest {

// Transformed values, each kept once: row i has values[ids[i]]. Values stand in the order of their first row.
struct PartitionColumn {
  std::vector<uint32_t> ids;
  std::vector<iceberg::Literal> values;
};

// The same values as transform.Apply gives row by row. `column` must be in the Arrow form of `source`. All NaNs are
// one value; -0.0 and 0.0 are two, as the reference compares them.
Result<PartitionColumn> TransformColumn(const iceberg::Type& source, const iceberg::Transform& transform,
                                        const arrow::Array& column);

}  // namespace frazil::ingest
