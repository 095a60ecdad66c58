// Transforms of columns as people write them in a configuration: "day(ts)", "bucket(16, id)", "truncate(4, city)",
// "place.city"; and how rows are sorted by them: "city, ts desc nulls last".
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/result.h"
#include "iceberg/transform.h"

namespace frazil::iceberg {

struct TransformTerm {
  std::string column;  // dots join nested names
  Transform transform;
  bool operator==(const TransformTerm&) const = default;
};

struct SortTerm {
  TransformTerm term;
  bool ascending = true;
  bool nulls_first = true;  // where nothing is said: first if ascending, else last, as the reference has it
  bool operator==(const SortTerm&) const = default;
};

// Terms separated by commas, at least one. A column's name stands in quotes ("" or ``, doubled within) where it has a
// space or one of (),"`. Spark's plural words ("days") are taken, and the number may stand behind the column as in
// Trino. kInvalidArgument quotes what is wrong.
Result<std::vector<TransformTerm>> ParseTransformTerms(std::string_view text);
Result<std::vector<SortTerm>> ParseSortTerms(std::string_view text);

// As they are parsed.
std::string ToString(const TransformTerm& term);
std::string ToString(const SortTerm& term);

}  // namespace frazil::iceberg
