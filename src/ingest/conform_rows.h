// Rows of one schema as rows of another one of the same table: by field id, as a reader would see them.
#pragma once

#include <arrow/type_fwd.h>

#include <memory>

#include "common/result.h"
#include "iceberg/schema.h"

namespace frazil::ingest {

// Columns `to` lacks are left out, those `from` lacks are null, promoted types are cast; also inside structs, lists
// and maps. Nothing is copied where nothing changed. kInvalidArgument if a required column of `to` is missing.
Result<std::shared_ptr<arrow::RecordBatch>> ConformRows(const std::shared_ptr<arrow::RecordBatch>& rows,
                                                        const iceberg::Schema& from, const iceberg::Schema& to);

}  // namespace frazil::ingest
