// Converts between Iceberg schemas and Arrow schemas (spec, appendix A "Parquet").
#pragma once

#include <arrow/type_fwd.h>

#include <memory>
#include <vector>

#include "common/result.h"
#include "iceberg/schema.h"

namespace frazil::parquet {

// The Arrow form of a schema. Every field has its id in the metadata key "PARQUET:field_id", and is nullable unless it
// is required. Types: boolean, int32, int64, float32, float64, decimal128, date32, time64[us], timestamp[us],
// timestamp[us, UTC], timestamp[ns], timestamp[ns, UTC], utf8, fixed_size_binary(16) for uuid, fixed_size_binary(n),
// binary, struct, list ("element"), map ("key", "value"). kUnsupported for types that only format v3 can write.
Result<std::shared_ptr<arrow::Schema>> ToArrowSchema(const iceberg::Schema& schema);
Result<std::shared_ptr<arrow::DataType>> ToArrowType(const iceberg::Type& type);

// Converts the Arrow schema of a data file to Iceberg fields. A uuid becomes fixed(16). The large, view and dictionary
// types of other writers become the type of their values. kUnsupported for a field without an id, or of a type that
// ToArrowType never returns.
Result<std::vector<iceberg::Field>> FromArrowSchema(const arrow::Schema& schema);

}  // namespace frazil::parquet
