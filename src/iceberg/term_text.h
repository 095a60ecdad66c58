// Parses transforms of columns as users write them in a configuration: "day(ts)", "bucket(16, id)", "truncate(4,
// city)", "place.city"; and sort orders: "city, ts desc nulls last".
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
  bool nulls_first = true;  // default: first if ascending, else last, as in the reference implementation
  bool operator==(const SortTerm&) const = default;
};

// Parses at least one term; commas separate terms. A column name must be quoted ("" or ``, doubled inside) if it
// contains a space or one of (),"`. Spark's plural words ("days") are accepted, and so is Trino's order "bucket(id,
// 16)". kInvalidArgument quotes what is wrong.
Result<std::vector<TransformTerm>> ParseTransformTerms(std::string_view text);
Result<std::vector<SortTerm>> ParseSortTerms(std::string_view text);

// A text that the parsers accept.
std::string ToString(const TransformTerm& term);
std::string ToString(const SortTerm& term);

}  // namespace frazil::iceberg
