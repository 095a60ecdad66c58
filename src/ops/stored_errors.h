// Reads the rows of an errors table (decode/error_rows.h) back as Kafka records.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "catalog/catalog.h"
#include "common/result.h"
#include "iceberg/data_file.h"
#include "ops/errors_file.h"
#include "record/record_batch.h"

namespace frazil::ops {

// The data files of the table's main branch. kInvalidArgument if a column, or a column of the marks, is missing or has
// another type. kUnsupported if there are delete files: a rewrite would bring back deleted rows.
Result<std::vector<iceberg::DataFile>> FilesOfErrors(const catalog::LoadedTable& table);

// Visits all rows (ErrorsFile::Visit).
Status VisitErrors(const catalog::LoadedTable& table, const VisitError& visit);

// Reads the records that `want` accepts: one batch for each Kafka partition, in offset order, with gaps between the
// records. Stops after about `most_bytes`. Visits the same rows as VisitErrors.
using WantError = std::function<bool(const StoredError& error)>;
Result<std::vector<record::RecordBatch>> ReadErrors(const catalog::LoadedTable& table, int64_t most_bytes,
                                                    const WantError& want);

}  // namespace frazil::ops
