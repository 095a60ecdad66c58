// Bad records as rows of an errors table: where each record was, what it contained, and why it is bad.
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

// The columns: topic string, partition int, offset long, timestamp timestamptz, key binary, headers list<struct<key:
// string, value: binary>>, value binary, reason string, schema_id int (null for JSON), first_seen timestamptz. Ids are
// not set.
std::vector<iceberg::Field> ErrorFields();

// kInvalidArgument if `schema` lacks one of these columns or has it with another type; the message names it. It may
// have more columns.
Status CheckErrorSchema(const iceberg::Schema& schema);

// Makes one row for each of `bad`, which are records of `batch` in its order. The rows have the Arrow form of `schema`
// (CheckErrorSchema). Invalid UTF-8 in a reason or a header's key becomes U+FFFD.
Result<std::shared_ptr<arrow::RecordBatch>> BuildErrorRows(const record::RecordBatch& batch,
                                                           const std::vector<BadRecord>& bad,
                                                           const iceberg::Schema& schema, int64_t first_seen_ms);

}  // namespace frazil::decode
