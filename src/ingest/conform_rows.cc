#include "ingest/conform_rows.h"

#include <arrow/api.h>
#include <arrow/compute/api.h>

#include "iceberg/schema_change.h"
#include "parquet/arrow_error.h"
#include "parquet/schema_bridge.h"

namespace frazil::ingest {
namespace {

using iceberg::Field;
using iceberg::Type;
using iceberg::TypeKind;

using ArrayPtr = std::shared_ptr<arrow::Array>;

Result<ArrayPtr> Conform(const ArrayPtr& array, const Type& from, const Type& to);

// Converts the children of a struct, matched by id.
Result<std::vector<std::shared_ptr<arrow::ArrayData>>> ConformFields(const std::vector<ArrayPtr>& columns,
                                                                     int64_t length, const std::vector<Field>& from,
                                                                     const std::vector<Field>& to) {
  std::vector<std::shared_ptr<arrow::ArrayData>> out;
  for (const Field& wanted : to) {
    ArrayPtr column;
    for (size_t i = 0; i < from.size(); ++i) {
      if (from[i].id != wanted.id) continue;
      FRAZIL_ASSIGN_OR_RETURN(column, Conform(columns[i], *from[i].type, *wanted.type));
    }
    if (column == nullptr) {
      if (wanted.required) {
        return Fail(ErrorKind::kInvalidArgument, "column '{}' is required, and these rows do not have it", wanted.name);
      }
      FRAZIL_ASSIGN_OR_RETURN(const auto type, parquet::ToArrowType(*wanted.type));
      auto nulls = arrow::MakeArrayOfNull(type, length);
      if (!nulls.ok()) return parquet::ArrowError(nulls.status(), "bringing rows to the table's schema");
      column = *nulls;
    }
    out.push_back(column->data());
  }
  return out;
}

Result<ArrayPtr> Conform(const ArrayPtr& array, const Type& from, const Type& to) {
  if (from == to) return array;
  FRAZIL_ASSIGN_OR_RETURN(const auto type, parquet::ToArrowType(to));
  if (from.kind() != to.kind() || !to.is_nested()) {
    auto cast = arrow::compute::Cast(*array, type);
    if (!cast.ok()) return parquet::ArrowError(cast.status(), "bringing rows to the table's schema");
    return *cast;
  }
  std::shared_ptr<arrow::ArrayData> data = array->data()->Copy();
  data->type = type;
  if (to.kind() == TypeKind::kStruct) {
    // The children of a sliced struct keep their own offsets. So the whole child is converted, and the parent's offset
    // still applies.
    std::vector<ArrayPtr> children;
    for (const auto& child : data->child_data) children.push_back(arrow::MakeArray(child));
    FRAZIL_ASSIGN_OR_RETURN(data->child_data,
                            ConformFields(children, data->offset + data->length, from.fields(), to.fields()));
  } else if (to.kind() == TypeKind::kList) {
    FRAZIL_ASSIGN_OR_RETURN(const ArrayPtr element,
                            Conform(arrow::MakeArray(data->child_data[0]), *from.element().type, *to.element().type));
    data->child_data[0] = element->data();
  } else {
    const auto entries = data->child_data[0]->Copy();
    entries->type = static_cast<const arrow::MapType&>(*type).value_type();
    FRAZIL_ASSIGN_OR_RETURN(const ArrayPtr value,
                            Conform(arrow::MakeArray(entries->child_data[1]), *from.value().type, *to.value().type));
    entries->child_data[1] = value->data();
    data->child_data[0] = entries;
  }
  return arrow::MakeArray(data);
}

}  // namespace

Result<std::shared_ptr<arrow::RecordBatch>> ConformRows(const std::shared_ptr<arrow::RecordBatch>& rows,
                                                        const iceberg::Schema& from, const iceberg::Schema& to) {
  for (const iceberg::FieldChange& change : iceberg::ChangesBetween(from, to)) {
    if (iceberg::KeepsRows(change)) continue;
    return Fail(ErrorKind::kFenced, "{}, by another writer, while records were on their way", Describe(change));
  }
  return StoredRowsAs(rows, from, to);
}

Result<std::shared_ptr<arrow::RecordBatch>> StoredRowsAs(const std::shared_ptr<arrow::RecordBatch>& rows,
                                                         const iceberg::Schema& from, const iceberg::Schema& to) {
  if (from.SameFields(to)) return rows;
  FRAZIL_ASSIGN_OR_RETURN(const auto schema, parquet::ToArrowSchema(to));
  FRAZIL_ASSIGN_OR_RETURN(auto columns, ConformFields(rows->columns(), rows->num_rows(), from.fields(), to.fields()));
  return arrow::RecordBatch::Make(schema, rows->num_rows(), std::move(columns));
}

}  // namespace frazil::ingest
