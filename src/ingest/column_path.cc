#include "ingest/column_path.h"

#include <arrow/array.h>
#include <arrow/record_batch.h>

namespace frazil::ingest {

std::vector<int> PathTo(const std::vector<iceberg::Field>& fields, int32_t id) {
  for (size_t i = 0; i < fields.size(); ++i) {
    if (fields[i].id == id) return {static_cast<int>(i)};
    if (fields[i].type->kind() != iceberg::TypeKind::kStruct) continue;
    std::vector<int> below = PathTo(fields[i].type->fields(), id);
    if (below.empty()) continue;
    below.insert(below.begin(), static_cast<int>(i));
    return below;
  }
  return {};
}

arrow::Result<std::shared_ptr<arrow::Array>> ColumnAt(const arrow::RecordBatch& batch, const std::vector<int>& path) {
  std::shared_ptr<arrow::Array> array = batch.column(path[0]);
  for (size_t i = 1; i < path.size(); ++i) {
    ARROW_ASSIGN_OR_RAISE(array, static_cast<const arrow::StructArray&>(*array).GetFlattenedField(path[i]));
  }
  return array;
}

}  // namespace frazil::ingest
