// Columns that records ask for and their table lacks, while they are in hand.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "decode/column.h"
#include "iceberg/schema_update.h"
#include "iceberg/type.h"

namespace frazil::decode {

// Takes the columns noted last away again, until `keep` are left.
void RemoveColumns(std::vector<Column*>& added, size_t keep);

// What to ask the table for: columns added below an added one are part of it.
std::vector<iceberg::ColumnAddition> ToAdditions(std::span<Column* const> added);

// Lists within each other on the way from the record to the innermost value of the column.
int NestedLists(const Column& column);
int NestedLists(const iceberg::Type& type);

}  // namespace frazil::decode
