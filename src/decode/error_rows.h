// Bad records as rows of an errors table: where they were, what they held, and why they became no row of their own.
#pragma once

#include <arrow/type_fwd.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "common/result.h"
#include "decode/decoder.h"
#include "iceberg/schema.h"
#include "record/record_batch.h"

namespace frazil::decode {

// topic string, partition int, offset long, timestamp timestamptz, key binary, headers list<struct<key: string, value:
// binary>>, value binary, reason string, schema_id int (null for JSON), first_seen timestamptz. Ids are not set.
std::vector<iceberg::Field> ErrorFields();

// kInvalidArgument names a column that `schema` lacks or has as another type. It may have others besides.
Status CheckErrorSchema(const iceberg::Schema& schema);

// One row for each of `bad`, which are records of `batch` in its order, in the Arrow form of `schema`
// (CheckErrorSchema). Bytes that are no UTF-8 in a reason or a header's key are replaced by U+FFFD.
Result<std::shared_ptr<arrow::RecordBatch>> BuildErrorRows(const record::RecordBatch& batch,
                                                           const std::vector<BadRecord>& bad,
                                                           const iceberg::Schema& schema, int64_t first_seen_ms);

}  // namespace frazil::decode
