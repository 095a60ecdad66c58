#include "table/offset_notes.h"

#include <span>
#include <utility>

#include "table/offset_json.h"

namespace frazil::table {

using namespace offset_json;  // NOLINT(google-build-using-namespace): this is the other half of it

std::string WriteRanges(const std::vector<record::OffsetRange>& ranges) {
  json out = json::object();
  for (const auto& range : ranges) {
    const auto& c = range.counts;
    out[range.source.topic].push_back(
        Compact({range.source.partition, range.first, range.next, c.rows, c.errors, c.skipped, c.routed, c.gaps}));
  }
  return out.dump();
}

Result<std::vector<record::OffsetRange>> ParseRanges(std::string_view text) {
  FRAZIL_ASSIGN_OR_RETURN(const json object, ParseObject(text));
  std::vector<record::OffsetRange> ranges;
  for (const auto& [topic, list] : object.items()) {
    if (!list.is_array()) return Fail(ErrorKind::kCorrupt, "ranges of topic '{}' are no array", topic);
    for (const json& one : list) {
      FRAZIL_ASSIGN_OR_RETURN(const auto n, (Expand<8>(one)));
      record::OffsetRange range;
      FRAZIL_ASSIGN_OR_RETURN(const int32_t id, PartitionId(n[0]));
      range.source = {topic, id};
      range.first = n[1];
      range.next = n[2];
      FRAZIL_ASSIGN_OR_RETURN(range.counts, CountsOf(std::span(n).last<5>(), n[1], n[2]));
      ranges.push_back(std::move(range));
    }
  }
  return ranges;
}

std::string WriteErrors(const ErrorsByTopic& errors) {
  json out = json::object();
  for (const auto& [topic, pending] : errors) out[topic] = WritePending(pending);
  return out.dump();
}

Result<ErrorsByTopic> ParseErrors(std::string_view text) {
  FRAZIL_ASSIGN_OR_RETURN(const json object, ParseObject(text));
  ErrorsByTopic errors;
  for (const auto& [topic, one] : object.items()) {
    FRAZIL_ASSIGN_OR_RETURN(errors[topic], ParsePending(topic, one));
  }
  return errors;
}

std::string WriteOrigins(const record::RowOrigins& origins) {
  json out = json::object();
  for (const auto& [source, first, next, rows] : origins.list()) {
    out[source.topic].push_back(Compact({source.partition, first, next, rows}));
  }
  return out.dump();
}

Result<record::RowOrigins> ParseOrigins(std::string_view text) {
  FRAZIL_ASSIGN_OR_RETURN(const json object, ParseObject(text));
  record::RowOrigins origins;
  for (const auto& [topic, list] : object.items()) {
    if (!list.is_array()) return Fail(ErrorKind::kCorrupt, "offsets of topic '{}' are no array", topic);
    for (const json& one : list) {
      FRAZIL_ASSIGN_OR_RETURN(record::RowOrigin origin, ParseOrigin(topic, one));
      origins.Add(std::move(origin));
    }
  }
  return origins;
}

}  // namespace frazil::table
