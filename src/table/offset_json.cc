#include "table/offset_json.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "common/text/shown.h"
#include "iceberg/json_members.h"
#include "iceberg/plausible.h"

namespace frazil::table::offset_json {

json Compact(std::initializer_list<int64_t> numbers) {
  json out = json::array();
  size_t keep = numbers.size();
  while (keep > 0 && *(numbers.begin() + static_cast<ptrdiff_t>(keep) - 1) == 0) --keep;
  for (size_t i = 0; i < keep; ++i) out.push_back(*(numbers.begin() + static_cast<ptrdiff_t>(i)));
  return out;
}

Result<int64_t> Integer(const json& number) {
  int64_t value = 0;
  FRAZIL_RETURN_IF_ERROR(iceberg::json::Read(number, &value));
  return value;
}

Result<int32_t> PartitionId(int64_t number) {
  if (number >= 0 && number <= std::numeric_limits<int32_t>::max()) return static_cast<int32_t>(number);
  return Fail(ErrorKind::kCorrupt, "{} is no partition", number);
}

Result<record::OffsetCounts> CountsOf(std::span<const int64_t, 5> n, int64_t first, int64_t next) {
  FRAZIL_RETURN_IF_ERROR(CheckOffset(first));
  FRAZIL_RETURN_IF_ERROR(CheckOffset(next));
  int64_t left = std::max<int64_t>(next - first, 0);
  for (const int64_t count : n) left = count < 0 || count > left ? -1 : left - count;
  if (left != 0) {
    return Fail(ErrorKind::kCorrupt, "{} rows, {} errors, {} skipped, {} routed and {} gaps do not add up to {}..{}",
                n[0], n[1], n[2], n[3], n[4], first, next);
  }
  return record::OffsetCounts{.rows = n[0], .errors = n[1], .skipped = n[2], .routed = n[3], .gaps = n[4]};
}

Result<json> ParseObject(std::string_view text) {
  FRAZIL_ASSIGN_OR_RETURN(json parsed, iceberg::json::Parse(text));
  if (!parsed.is_object()) return Fail(ErrorKind::kCorrupt, "not a JSON object");
  return parsed;
}

json WritePending(const PendingErrors& pending) {
  json files = json::array();
  for (const auto& file : pending.files) files.push_back({file.path, file.bytes, file.rows});
  json offsets = json::array();
  for (const auto& origin : pending.origins.list()) {
    offsets.push_back({origin.source.partition, origin.first, origin.next, origin.rows});
  }
  return {{"files", std::move(files)}, {"offsets", std::move(offsets)}};
}

Result<record::RowOrigin> ParseOrigin(const std::string& topic, const json& numbers) {
  FRAZIL_ASSIGN_OR_RETURN(const auto n, (Expand<4>(numbers)));
  FRAZIL_ASSIGN_OR_RETURN(const int32_t id, PartitionId(n[0]));
  const auto [partition, first, next, rows] = n;
  FRAZIL_RETURN_IF_ERROR(CheckOffset(first));
  FRAZIL_RETURN_IF_ERROR(CheckOffset(next));
  if (next < first || rows < 0 || rows > next - first) {
    return Fail(ErrorKind::kCorrupt, "{} rows cannot come from offsets {}..{}", rows, first, next);
  }
  return record::RowOrigin{{topic, id}, first, next, rows};
}

Result<PendingErrors> ParsePending(const std::string& topic, const json& object) {
  const auto list = [&](const char* name) {
    const auto found = object.is_object() ? object.find(name) : object.end();
    return found == object.end() || !found->is_array() ? json() : *found;
  };
  PendingErrors pending;
  for (const json& file : list("files")) {
    const bool sound = file.is_array() && file.size() == 3 && file[0].is_string();
    if (!sound) return Fail(ErrorKind::kCorrupt, "member '{}' names no file: {}", kPending, Shown(file.dump()));
    PendingErrors::File& one = pending.files.emplace_back();
    one.path = file[0].get<std::string>();
    FRAZIL_ASSIGN_OR_RETURN(one.bytes, Integer(file[1]));
    FRAZIL_ASSIGN_OR_RETURN(one.rows, Integer(file[2]));
    FRAZIL_RETURN_IF_ERROR(
        iceberg::CheckPlausible("the size of a file of bad records", one.bytes, iceberg::kLargestFile));
    FRAZIL_RETURN_IF_ERROR(
        iceberg::CheckPlausible("the rows of a file of bad records", one.rows, iceberg::kLargestCount));
  }
  for (const json& numbers : list("offsets")) {
    FRAZIL_ASSIGN_OR_RETURN(record::RowOrigin origin, ParseOrigin(topic, numbers));
    pending.origins.Add(std::move(origin));
  }
  if (pending.files.empty() || pending.origins.list().empty()) {
    return Fail(ErrorKind::kCorrupt, "member '{}' lacks files or offsets: {}", kPending, Shown(object.dump()));
  }
  return pending;
}

}  // namespace frazil::table::offset_json
