// Which columns a dictionary is worth its making for, told from the first rows of a file.
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

// So many rows tell: a column that has more distinct values than a dictionary page takes shows that in them.
constexpr int64_t kRowsThatTell = 1 << 16;

// Paths (in dots) of the columns whose values hardly repeat. Their dictionary would outgrow its page: time and memory
// spent on hashing every value, only to fall back to plain pages. `rows` have the schema's Arrow form.
std::vector<std::string> ColumnsThatHardlyRepeat(const ::parquet::SchemaDescriptor& schema,
                                                 const std::vector<std::shared_ptr<arrow::RecordBatch>>& rows);

}  // namespace frazil::parquet
