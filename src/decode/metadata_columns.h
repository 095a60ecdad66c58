// Columns filled from the Kafka record itself.
#pragma once

#include <arrow/type_fwd.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "common/result.h"
#include "decode/decoder.h"
#include "record/record_batch.h"

namespace frazil::decode {

// The column's values for the records at `rows` of the batch, as `type` (which MetadataField's type maps to). No
// timestamp and no key give null, no headers an empty map; of headers with one key the last counts, as in Kafka's
// lastHeader.
Result<std::shared_ptr<arrow::ArrayData>> BuildMetadataColumn(MetadataColumn column, const record::RecordBatch& batch,
                                                              const std::vector<uint32_t>& rows,
                                                              const std::shared_ptr<arrow::DataType>& type);

}  // namespace frazil::decode
