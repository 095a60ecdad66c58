// Finds nulls in required fields. Parquet would silently write another value in their place.
#pragma once

#include <arrow/type_fwd.h>

#include "common/result.h"
#include "iceberg/schema.h"

namespace frazil::parquet {

// kInvalidArgument if a required field contains a null; the message names the first. Nulls below a null parent do not
// count. `rows` must have the Arrow form of the schema.
Status CheckRequired(const iceberg::Schema& schema, const arrow::RecordBatch& rows);

}  // namespace frazil::parquet
