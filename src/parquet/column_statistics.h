// What is known of the values of one plain column of a file: as its footer says, or as its pages hold.
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

// Of one row group, or of more that were added up. Bounds are exact values or, of some writers' footers, cut ones below
// and above them; never NaN.
struct ColumnStatistics {
  int64_t bytes = 0;   // as stored
  int64_t values = 0;  // nulls and NaNs included
  std::optional<int64_t> nulls = 0;
  std::optional<int64_t> nans = 0;
  bool lower_known = true;  // false: some row group does not tell
  bool upper_known = true;
  std::optional<iceberg::Literal> lower;  // none: not known, or there is no value but nulls and NaNs
  std::optional<iceberg::Literal> upper;

  void Add(const iceberg::Type& type, const ColumnStatistics& other);
  bool only_nulls() const { return nulls && *nulls == values; }
};

// As a footer tells. `nans`: those among the values, which it does not tell itself. Without `bounded` no bounds are
// looked at.
Result<ColumnStatistics> StatisticsOf(const ::parquet::ColumnChunkMetaData& chunk,
                                      const ::parquet::ColumnDescriptor& column, const iceberg::Type& type,
                                      std::optional<int64_t> nans, bool bounded);

// Decodes what `reader` has left, some thousand values at a time; `type` null: to see that it can be done, and how many
// there are. `each`, if there, gets each value that is not the one before it, NaN too and null, to keep or refuse.
// Strings must be UTF-8. Throws what the Parquet library throws; kCorrupt where the values break a rule.
using TakeValue = std::function<Status(const iceberg::Literal& value)>;
Result<ColumnStatistics> DecodeStatistics(::parquet::ColumnReader& reader, const iceberg::Type* type,
                                          const TakeValue& each);

}  // namespace frazil::parquet
