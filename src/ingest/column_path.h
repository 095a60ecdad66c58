// Finds columns, nested ones included, in a batch of rows.
#pragma once

#include <arrow/result.h>
#include <arrow/type_fwd.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "iceberg/type.h"

namespace frazil::ingest {

// The child indexes that lead to field `id` through structs; empty if there is no such path.
std::vector<int> PathTo(const std::vector<iceberg::Field>& fields, int32_t id);

// The column at the end of a path. A field of a null struct is null.
arrow::Result<std::shared_ptr<arrow::Array>> ColumnAt(const arrow::RecordBatch& batch, const std::vector<int>& path);

}  // namespace frazil::ingest
