// Values as Parquet stores them, as values of the table's types.
#pragma once

#include <string_view>

#include "common/result.h"
#include "iceberg/literal.h"
#include "iceberg/type.h"

namespace parquet {
class ColumnDescriptor;
}

namespace frazil::parquet {

// A plain-encoded value of a column, as statistics hold them (parquet.thrift, Statistics), as a value of the type that
// the table has for it: what was promoted since is widened, times of other units become the type's own. kUnsupported
// for INT96; kCorrupt where the bytes can be no such value.
Result<iceberg::Literal> FromPlain(const iceberg::Type& type, const ::parquet::ColumnDescriptor& column,
                                   std::string_view bytes);

}  // namespace frazil::parquet
