// Converts single Parquet values to Iceberg literals.
#pragma once

#include <string_view>

#include "common/result.h"
#include "iceberg/literal.h"
#include "iceberg/type.h"

namespace parquet {
class ColumnDescriptor;
}

namespace frazil::parquet {

// Decodes a plain-encoded value of a column, as statistics hold it (parquet.thrift, Statistics), to the table's `type`.
// A value of a since promoted type is widened. Times are converted to the unit of `type`. kUnsupported for INT96;
// kCorrupt if the bytes are not such a value.
Result<iceberg::Literal> FromPlain(const iceberg::Type& type, const ::parquet::ColumnDescriptor& column,
                                   std::string_view bytes);

}  // namespace frazil::parquet
