#include "parquet/nan_counter.h"

#include <arrow/array.h>
#include <arrow/record_batch.h>
#include <arrow/util/bit_run_reader.h>

#include <memory>

#include "parquet/arrow_error.h"

namespace frazil::parquet {
namespace {

template <class T>
int64_t CountNans(const T* values, int64_t length) {
  int64_t count = 0;
  for (int64_t i = 0; i < length; ++i) count += values[i] != values[i];
  return count;
}

template <class ArrayType>
int64_t CountNans(const ArrayType& array) {
  const auto* values = array.raw_values();
  if (array.null_count() == 0) return CountNans(values, array.length());
  int64_t count = 0;
  arrow::internal::VisitSetBitRunsVoid(
      array.null_bitmap_data(), array.offset(), array.length(),
      [&](int64_t start, int64_t length) { count += CountNans(values + start, length); });
  return count;
}

// The array at `path`, with the nulls of the enclosing structs applied. The path contains structs only.
arrow::Result<std::shared_ptr<arrow::Array>> Resolve(const arrow::RecordBatch& rows, const std::vector<int>& path) {
  std::shared_ptr<arrow::Array> array = rows.column(path[0]);
  for (size_t i = 1; i < path.size(); ++i) {
    ARROW_ASSIGN_OR_RAISE(array, static_cast<const arrow::StructArray&>(*array).GetFlattenedField(path[i]));
  }
  return array;
}

}  // namespace

NanCounter::NanCounter(const iceberg::Schema& schema) {
  std::vector<int> path;
  Collect(schema.fields(), &path);
}

void NanCounter::Collect(const std::vector<iceberg::Field>& fields, std::vector<int>* path) {
  for (size_t i = 0; i < fields.size(); ++i) {
    path->push_back(static_cast<int>(i));
    const iceberg::TypeKind kind = fields[i].type->kind();
    if (kind == iceberg::TypeKind::kFloat || kind == iceberg::TypeKind::kDouble) {
      columns_.push_back({fields[i].id, *path, 0});
      counts_[fields[i].id];
    } else if (kind == iceberg::TypeKind::kStruct) {
      Collect(fields[i].type->fields(), path);
    }
    path->pop_back();
  }
}

Status NanCounter::Add(const arrow::RecordBatch& rows) {
  for (Column& column : columns_) {
    const auto resolved = Resolve(rows, column.path);
    if (!resolved.ok()) return ArrowError(resolved.status(), "counting NaNs");
    const arrow::Array& array = **resolved;
    column.pending += array.type_id() == arrow::Type::FLOAT ? CountNans(static_cast<const arrow::FloatArray&>(array))
                                                            : CountNans(static_cast<const arrow::DoubleArray&>(array));
  }
  return {};
}

void NanCounter::EndRowGroup() {
  for (Column& column : columns_) {
    counts_[column.field_id].push_back(column.pending);
    column.pending = 0;
  }
}

}  // namespace frazil::parquet
