// Iceberg schemas as Parquet schemas (spec, appendix A "Parquet"), built node by node: Arrow's own mapping writes
// decimals as fixed, leaves the UUID type out and takes field ids only from metadata.
#pragma once

#include <parquet/schema.h>

#include <memory>

#include "common/result.h"
#include "iceberg/schema.h"

namespace frazil::parquet {

// The leaves and their order match those of ToArrowSchema. kUnsupported where that says so.
Result<std::shared_ptr<::parquet::schema::GroupNode>> ToParquetSchema(const iceberg::Schema& schema);

}  // namespace frazil::parquet
