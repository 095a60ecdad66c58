#include "parquet/required_check.h"

#include <arrow/array.h>
#include <arrow/record_batch.h>

#include <memory>

#include "parquet/arrow_error.h"

namespace frazil::parquet {
namespace {

using iceberg::Field;
using iceberg::Schema;
using iceberg::TypeKind;

// `array` either has one slot for each parent that is not null, or its nulls include the parent's, `parent_nulls` in
// number.
Status Check(const Schema& schema, const Field& field, const arrow::Array& array, int64_t parent_nulls);

Status CheckStruct(const Schema& schema, const Field& field, const arrow::StructArray& array) {
  const std::vector<Field>& children = field.type->fields();
  const int64_t nulls = array.null_count();
  for (size_t i = 0; i < children.size(); ++i) {
    if (!children[i].required && !children[i].type->is_nested()) continue;
    const auto child = array.GetFlattenedField(static_cast<int>(i));
    if (!child.ok()) return ArrowError(child.status(), "looking at column " + field.name);
    FRAZIL_RETURN_IF_ERROR(Check(schema, children[i], **child, nulls));
  }
  return {};
}

// Entries of null lists belong to no row. Decoders do not leave any.
Status CheckEntries(const Schema& schema, const Field& field, const arrow::Array& entries, int64_t begin, int64_t end) {
  return Check(schema, field, *entries.Slice(begin, end - begin), 0);
}

Status Check(const Schema& schema, const Field& field, const arrow::Array& array, int64_t parent_nulls) {
  if (field.required && array.null_count() > parent_nulls) {
    return Fail(ErrorKind::kInvalidArgument, "column {} is required, but {} of {} values are null",
                schema.FullName(field.id), array.null_count() - parent_nulls, array.length() - parent_nulls);
  }
  if (array.length() == 0) return {};
  switch (field.type->kind()) {
    case TypeKind::kStruct:
      return CheckStruct(schema, field, static_cast<const arrow::StructArray&>(array));
    case TypeKind::kList: {
      const auto& list = static_cast<const arrow::ListArray&>(array);
      return CheckEntries(schema, field.type->element(), *list.values(), list.value_offset(0),
                          list.value_offset(list.length()));
    }
    case TypeKind::kMap: {
      const auto& map = static_cast<const arrow::MapArray&>(array);
      const int64_t begin = map.value_offset(0);
      const int64_t end = map.value_offset(map.length());
      FRAZIL_RETURN_IF_ERROR(CheckEntries(schema, field.type->key(), *map.keys(), begin, end));
      return CheckEntries(schema, field.type->value(), *map.items(), begin, end);
    }
    default:
      return {};
  }
}

}  // namespace

Status CheckRequired(const Schema& schema, const arrow::RecordBatch& rows) {
  for (int i = 0; i < rows.num_columns(); ++i) {
    FRAZIL_RETURN_IF_ERROR(Check(schema, schema.fields()[static_cast<size_t>(i)], *rows.column(i), 0));
  }
  return {};
}

}  // namespace frazil::parquet
