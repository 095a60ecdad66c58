// Decides from the first rows of a file which columns are worth a dictionary.
#pragma once

#include <arrow/type_fwd.h>

#include <memory>
#include <string>
#include <vector>

#include "common/result.h"

namespace parquet {
class SchemaDescriptor;
}

namespace frazil::parquet {

// This many rows are enough: a column with more distinct values than a dictionary page can hold shows it in them.
constexpr int64_t kRowsThatTell = 1 << 16;

// The dotted paths of columns whose values hardly repeat. Their dictionary would outgrow its page, and the time and
// memory for hashing every value would be wasted. `rows` must have the Arrow form of the schema.
std::vector<std::string> ColumnsThatHardlyRepeat(const ::parquet::SchemaDescriptor& schema,
                                                 const std::vector<std::shared_ptr<arrow::RecordBatch>>& rows);

}  // namespace frazil::parquet
