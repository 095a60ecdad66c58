#include "iceberg/sort_order.h"

#include <fmt/core.h>

#include "iceberg/json_members.h"

namespace frazil::iceberg {
namespace {

using json::Json;

// True if `text` is `first`, false if it is `second`; otherwise an error.
Result<bool> IsFirstOf(const std::string& text, std::string_view first, std::string_view second) {
  if (text == first) return true;
  if (text == second) return false;
  return Fail(ErrorKind::kCorrupt, "expected \"{}\" or \"{}\", got \"{}\"", first, second, text);
}

Result<SortField> ParseSortField(const Json& value) {
  FRAZIL_RETURN_IF_ERROR(json::ExpectObject(value, "a sort field"));
  SortField field;
  FRAZIL_ASSIGN_OR_RETURN(field.source_id, json::ReadSourceId(value));
  FRAZIL_ASSIGN_OR_RETURN(auto transform, json::Required<std::string>(value, "transform"));
  field.transform = Transform::Parse(transform);
  FRAZIL_ASSIGN_OR_RETURN(auto direction, json::Required<std::string>(value, "direction"));
  FRAZIL_ASSIGN_OR_RETURN(field.ascending, IsFirstOf(direction, "asc", "desc"));
  FRAZIL_ASSIGN_OR_RETURN(auto nulls, json::Required<std::string>(value, "null-order"));
  FRAZIL_ASSIGN_OR_RETURN(field.nulls_first, IsFirstOf(nulls, "nulls-first", "nulls-last"));
  return field;
}

}  // namespace

Json ToJson(const SortOrder& order) {
  Json fields = Json::array();
  for (const auto& field : order.fields) {
    fields.push_back({{"transform", field.transform.ToString()},
                      {"source-id", field.source_id},
                      {"direction", field.ascending ? "asc" : "desc"},
                      {"null-order", field.nulls_first ? "nulls-first" : "nulls-last"}});
  }
  return {{"order-id", order.order_id}, {"fields", std::move(fields)}};
}

Result<SortOrder> ParseSortOrder(const Json& value) {
  FRAZIL_RETURN_IF_ERROR(json::ExpectObject(value, "a sort order"));
  SortOrder order;
  FRAZIL_ASSIGN_OR_RETURN(order.order_id, json::Required<int32_t>(value, "order-id"));
  FRAZIL_ASSIGN_OR_RETURN(auto items, json::Required<std::vector<Json>>(value, "fields"));
  for (const auto& item : items) {
    auto field = ParseSortField(item);
    if (!field) return Wrap(field.error(), fmt::format("sort order {}", order.order_id));
    order.fields.push_back(std::move(*field));
  }
  return order;
}

}  // namespace frazil::iceberg
