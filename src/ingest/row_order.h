// Rows in the order of a table's sort order (spec, "Sorting").
#pragma once

#include <arrow/type_fwd.h>

#include <memory>
#include <optional>
#include <vector>

#include "common/result.h"
#include "iceberg/schema.h"
#include "iceberg/sort_order.h"

namespace frazil::ingest {

// Immutable once made: lanes may share it.
class RowOrder {
 public:
  // None where rows cannot be sorted so: an order without fields, a column that is gone or lies in a list or map, a
  // transform that is not known.
  static std::optional<RowOrder> Make(const iceberg::Schema& schema, const iceberg::SortOrder& order);

  int32_t order_id() const { return order_id_; }

  // All rows of these batches, which are of the schema, in order, a piece at a time; those that are equal stay in the
  // order they came. Takes the memory of all rows once more, and lets go of the batches as soon as they are copied. NaN
  // is greater than all numbers, and -0.0 less than 0.0.
  Result<std::vector<std::shared_ptr<arrow::RecordBatch>>> Sort(
      std::vector<std::shared_ptr<arrow::RecordBatch>> batches) const;

 private:
  struct Key {
    std::vector<int> path;  // child indices from the root down, through structs
    iceberg::TypePtr type;
    iceberg::SortField field;
  };

  int32_t order_id_ = 0;
  std::vector<Key> keys_;
};

}  // namespace frazil::ingest
