// Columns that are filled from the Kafka record itself.
#pragma once

#include <arrow/type_fwd.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "common/result.h"
#include "decode/decoder.h"
#include "record/record_batch.h"

namespace frazil::decode {

// The values of a column for the records with the indexes `rows`, as `type`, which must be the Arrow form of
// MetadataField's type. A missing timestamp or key gives null, and no headers give an empty map. If several headers
// have one key, the last counts, as in Kafka's lastHeader.
Result<std::shared_ptr<arrow::ArrayData>> BuildMetadataColumn(MetadataColumn column, const record::RecordBatch& batch,
                                                              const std::vector<uint32_t>& rows,
                                                              const std::shared_ptr<arrow::DataType>& type);

}  // namespace frazil::decode
