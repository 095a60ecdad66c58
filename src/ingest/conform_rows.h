// Rows of one schema as rows of another one of the same table: by field id, as a reader would see them.
#pragma once

#include <arrow/type_fwd.h>

#include <memory>

#include "common/result.h"
#include "iceberg/schema.h"

namespace frazil::ingest {

// Rows on their way into the table. Columns that `from` lacks are null; also inside structs, lists and maps. Nothing is
// copied where nothing changed. kFenced where they would lose something, or be another's rows, since `to` is not just
// `from` grown (iceberg::KeepsRows): their records are to be decoded again.
Result<std::shared_ptr<arrow::RecordBatch>> ConformRows(const std::shared_ptr<arrow::RecordBatch>& rows,
                                                        const iceberg::Schema& from, const iceberg::Schema& to);

// Rows that are in the table. As above, but columns that `to` lacks are left out, since the table has dropped them, and
// promoted types are cast. kInvalidArgument if a required column of `to` is missing.
Result<std::shared_ptr<arrow::RecordBatch>> StoredRowsAs(const std::shared_ptr<arrow::RecordBatch>& rows,
                                                         const iceberg::Schema& from, const iceberg::Schema& to);

}  // namespace frazil::ingest
