// Columns that records need and the table lacks, while a batch is being decoded.
#pragma once

#include <cmath>
#include <cstddef>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include "common/decimal.h"
#include "decode/column.h"
#include "iceberg/schema_update.h"
#include "iceberg/type.h"

namespace frazil::decode {

// What a record needs one column to be.
struct ColumnWish {
  Column* column = nullptr;         // null: nothing
  iceberg::TypePtr type = nullptr;  // that the column widens to; null: it becomes optional
  std::string field = {};           // not empty: a string of that name, for a struct, is what it needs instead
};

// What records in hand have changed so far, the newest last, so that it can be taken back.
struct ColumnGrowth {
  struct Changed {
    Column* column;
    iceberg::TypePtr type;  // before
    bool required;          // before
  };
  std::vector<Column*> added;  // not what is below an added one from the start
  std::vector<Changed> changed;

  void Fulfil(const ColumnWish& wish);
};

// Removes the last columns of `added` from the tree, until `keep` are left.
void RemoveColumns(std::vector<Column*>& added, size_t keep);
// The same for changes.
void UndoChanges(std::vector<ColumnGrowth::Changed>& changed, size_t keep);

// What to ask the table for: columns added below an added one, and what became of those, are part of it.
std::vector<iceberg::ColumnAddition> ToAdditions(std::span<Column* const> added);
iceberg::SchemaChange ToSchemaChange(std::span<Column* const> added, std::span<const ColumnGrowth::Changed> changed);

// Whether a float holds the number as it is: then it is the same whether its column is float or double.
inline bool IsFloat(double number) {
  return std::isnan(number) || std::isinf(number) ||
         (std::abs(number) <= static_cast<double>(std::numeric_limits<float>::max()) &&
          static_cast<double>(static_cast<float>(number)) == number);
}
// The decimal of the same scale as `column` that just holds the number; null if none does.
iceberg::TypePtr WiderDecimal(Int128 unscaled, const iceberg::Type& column);

// How many lists are nested on the way from the record to the innermost value of the column.
int NestedLists(const Column& column);
int NestedLists(const iceberg::Type& type);

}  // namespace frazil::decode
