// Nulls where the schema allows none: Parquet would write some other value in their place.
#pragma once

#include <arrow/type_fwd.h>

#include "common/result.h"
#include "iceberg/schema.h"

namespace frazil::parquet {

// kInvalidArgument names the first required field that holds a null. `rows` must have the schema's Arrow form. Nulls
// below a null parent do not count.
Status CheckRequired(const iceberg::Schema& schema, const arrow::RecordBatch& rows);

}  // namespace frazil::parquet
