// Iceberg schemas as Arrow schemas (spec, appendix A "Parquet").
#pragma once

#include <arrow/type_fwd.h>

#include <memory>
#include <vector>

#include "common/result.h"
#include "iceberg/schema.h"

namespace frazil::parquet {

// Every field carries its id as metadata "PARQUET:field_id"; nullability follows `required`. Types: boolean, int32,
// int64, float32, float64, decimal128, date32, time64[us], timestamp[us] (and [us, UTC], [ns], [ns, UTC]), utf8,
// fixed_size_binary(16) for uuid, fixed_size_binary(n), binary, struct, list ("element"), map ("key", "value").
// kUnsupported for types only format v3 can write.
Result<std::shared_ptr<arrow::Schema>> ToArrowSchema(const iceberg::Schema& schema);
Result<std::shared_ptr<arrow::DataType>> ToArrowType(const iceberg::Type& type);

// The other way, of what a data file holds; a uuid comes back as fixed(16), and the large, view and dictionary forms
// that other writers keep in memory as what they hold. kUnsupported for a field without an id, or of another type that
// ToArrowType never gives.
Result<std::vector<iceberg::Field>> FromArrowSchema(const arrow::Schema& schema);

}  // namespace frazil::parquet
