// The rows of an errors table (decode/error_rows.h), as the records that they were.
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

// The data files of the table's main branch. kInvalidArgument names a column that the table lacks or has as another
// type, those of the marks among them. kUnsupported where delete files take rows out: rows that are gone must not come
// back by a rewrite.
Result<std::vector<iceberg::DataFile>> FilesOfErrors(const catalog::LoadedTable& table);

// All of them (ErrorsFile::Visit).
Status VisitErrors(const catalog::LoadedTable& table, const VisitError& visit);

// The records of those rows that are wanted, one batch for each Kafka partition, in order; offsets between them are
// gaps. Once about `most_bytes` are there, no more rows are looked at. VisitErrors and it pass
// over the same rows.
using WantError = std::function<bool(const StoredError& error)>;
Result<std::vector<record::RecordBatch>> ReadErrors(const catalog::LoadedTable& table, int64_t most_bytes,
                                                    const WantError& want);

}  // namespace frazil::ops
