// Statistics of one leaf column of a file, from the footer or from the pages.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>

#include "common/result.h"
#include "iceberg/literal.h"
#include "iceberg/type.h"

namespace parquet {
class ColumnChunkMetaData;
class ColumnDescriptor;
class ColumnReader;
}  // namespace parquet

namespace frazil::parquet {

// Statistics of one row group, or the sum of several. Bounds are exact values; in footers of some writers they are
// truncated values (lower and upper). A bound is never NaN.
struct ColumnStatistics {
  int64_t bytes = 0;   // compressed size in the file
  int64_t values = 0;  // with nulls and NaNs
  std::optional<int64_t> nulls = 0;
  std::optional<int64_t> nans = 0;
  bool lower_known = true;  // false if some row group has no lower bound
  bool upper_known = true;
  std::optional<iceberg::Literal> lower;  // nullopt: unknown, or all values are null or NaN
  std::optional<iceberg::Literal> upper;

  void Add(const iceberg::Type& type, const ColumnStatistics& other);
  bool only_nulls() const { return nulls && *nulls == values; }
};

// Reads the statistics in a footer. `nans` is the number of NaNs, which a footer does not contain. Bounds are read only
// if `bounded`.
Result<ColumnStatistics> StatisticsOf(const ::parquet::ColumnChunkMetaData& chunk,
                                      const ::parquet::ColumnDescriptor& column, const iceberg::Type& type,
                                      std::optional<int64_t> nans, bool bounded);

// Decodes all remaining values of `reader`, some thousands at a time, and computes their statistics. If `type` is null,
// it only counts the values and checks that they can be decoded. `each`, if set, gets every value that differs from the
// one before it, NaN and null included; an error of it ends the call. Strings must be valid UTF-8. kCorrupt if values
// break a rule. Throws the exceptions of the Parquet library.
using TakeValue = std::function<Status(const iceberg::Literal& value)>;
Result<ColumnStatistics> DecodeStatistics(::parquet::ColumnReader& reader, const iceberg::Type* type,
                                          const TakeValue& each);

}  // namespace frazil::parquet
