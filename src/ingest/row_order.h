// Sorts rows by a table's sort order (spec, "Sorting").
#pragma once

#include <arrow/type_fwd.h>

#include <memory>
#include <optional>
#include <vector>

#include "common/result.h"
#include "iceberg/schema.h"
#include "iceberg/sort_order.h"

namespace frazil::ingest {

// Immutable, so lanes may share it.
class RowOrder {
 public:
  // nullopt if rows cannot be sorted by `order`: it has no fields, an unknown transform, or a column that is gone or
  // inside a list or map.
  static std::optional<RowOrder> Make(const iceberg::Schema& schema, const iceberg::SortOrder& order);

  int32_t order_id() const { return order_id_; }

  // Sorts all rows of `batches`, which must have the schema, and returns them in pieces. Equal rows keep their order.
  // It needs memory for one more copy of all rows, and frees the batches as soon as they are copied. NaN is greater
  // than all numbers, and -0.0 is less than 0.0.
  Result<std::vector<std::shared_ptr<arrow::RecordBatch>>> Sort(
      std::vector<std::shared_ptr<arrow::RecordBatch>> batches) const;

 private:
  struct Key {
    std::vector<int> path;  // child indexes from the root down, through structs
    iceberg::TypePtr type;
    iceberg::SortField field;
  };

  int32_t order_id_ = 0;
  std::vector<Key> keys_;
};

}  // namespace frazil::ingest
