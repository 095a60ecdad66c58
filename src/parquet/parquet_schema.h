// Converts Iceberg schemas to Parquet schemas (spec, appendix A "Parquet"), node by node. Arrow's own conversion writes
// all decimals as fixed, has no UUID type, and takes field ids only from metadata.
#pragma once

#include <parquet/schema.h>

#include <memory>

#include "common/result.h"
#include "iceberg/schema.h"

namespace frazil::parquet {

// The leaves have the order of ToArrowSchema's. kUnsupported in the same cases.
Result<std::shared_ptr<::parquet::schema::GroupNode>> ToParquetSchema(const iceberg::Schema& schema);

}  // namespace frazil::parquet
