// Columns that records need and the table lacks, while a batch is being decoded.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "decode/column.h"
#include "iceberg/schema_update.h"
#include "iceberg/type.h"

namespace frazil::decode {

// Removes the last columns of `added` from the tree, until `keep` are left.
void RemoveColumns(std::vector<Column*>& added, size_t keep);

// The columns to add to the table. A column added below an added one is part of that one.
std::vector<iceberg::ColumnAddition> ToAdditions(std::span<Column* const> added);

// How many lists are nested on the way from the record to the innermost value of the column.
int NestedLists(const Column& column);
int NestedLists(const iceberg::Type& type);

}  // namespace frazil::decode
