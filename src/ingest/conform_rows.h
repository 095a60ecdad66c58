// Converts rows from one schema of a table to another, by field id, as a reader would see them.
#pragma once

#include <arrow/type_fwd.h>

#include <memory>

#include "common/result.h"
#include "iceberg/schema.h"

namespace frazil::ingest {

// For rows that are not in the table yet. Columns that `from` lacks become null, also inside structs, lists and maps.
// Unchanged data is not copied. kFenced if the conversion would lose values or assign them wrongly, because `to` is not
// just `from` with additions (iceberg::KeepsRows); then the records must be decoded again.
Result<std::shared_ptr<arrow::RecordBatch>> ConformRows(const std::shared_ptr<arrow::RecordBatch>& rows,
                                                        const iceberg::Schema& from, const iceberg::Schema& to);

// For rows that are already in the table. Columns that `to` lacks are dropped, because the table has dropped them, and
// promoted types are cast. kInvalidArgument if a required column of `to` is missing.
Result<std::shared_ptr<arrow::RecordBatch>> StoredRowsAs(const std::shared_ptr<arrow::RecordBatch>& rows,
                                                         const iceberg::Schema& from, const iceberg::Schema& to);

}  // namespace frazil::ingest
