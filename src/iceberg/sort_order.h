// Sort orders (spec, "Sorting"). Order 0 is "unsorted".
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <vector>

#include "common/result.h"
#include "iceberg/transform.h"

namespace frazil::iceberg {

struct SortField {
  int32_t source_id = 0;
  Transform transform;
  bool ascending = true;
  bool nulls_first = true;
  bool operator==(const SortField&) const = default;
};

struct SortOrder {
  int32_t order_id = 0;
  std::vector<SortField> fields;
  bool operator==(const SortOrder&) const = default;
};

nlohmann::json ToJson(const SortOrder& order);
Result<SortOrder> ParseSortOrder(const nlohmann::json& json);

}  // namespace frazil::iceberg
