#include "table/offset_state.h"

#include <fmt/format.h>

#include <algorithm>

namespace frazil::table {
namespace {

std::string EscapeName(std::string_view name) {
  std::string out;
  for (const char c : name) {
    if (c == '/') {
      out += "%2F";
    } else if (c == '%') {
      out += "%25";
    } else {
      out += c;
    }
  }
  return out;
}

}  // namespace

Status CheckOffset(int64_t offset) {
  if (offset >= 0 && offset <= record::kLargestOffset) return {};
  return Fail(ErrorKind::kCorrupt, "{} is no offset", offset);
}

PartitionState StartingAt(int64_t offset) { return {offset, offset, -1, {}}; }

std::string OffsetsKey(const OffsetState& state) {
  return fmt::format("{}{}/{}/{}", kOffsetsKeyPrefix, EscapeName(state.pipeline), EscapeName(state.topic),
                     EscapeName(state.ref));
}

OffsetState TakenOver(OffsetState state, const std::string& by) {
  if (!WentOnFrom(state, state.pipeline)) state.took_over.push_back(state.pipeline);
  state.pipeline = by;
  return state;
}

const std::string& FirstName(const OffsetState& state) {
  return state.took_over.empty() ? state.pipeline : state.took_over.front();
}

bool WentOnFrom(const OffsetState& state, const std::string& pipeline) {
  return std::find(state.took_over.begin(), state.took_over.end(), pipeline) != state.took_over.end();
}

bool HasTakenOver(const OffsetState& own, const OffsetState& theirs) {
  // Every commit of a pipeline that reads the topic rewrites its state. So if two pipelines have taken over from each
  // other, the older state is the one that ended.
  return own.topic == theirs.topic && own.ref == theirs.ref && own.sequence_number > theirs.sequence_number &&
         WentOnFrom(own, theirs.pipeline);
}

bool Reaches(const OffsetState& state, const PendingErrors& errors) {
  const auto& origins = errors.origins.list();
  return std::all_of(origins.begin(), origins.end(), [&](const record::RowOrigin& origin) {
    const auto partition = state.partitions.find(origin.source.partition);
    return partition != state.partitions.end() && partition->second.next >= origin.next;
  });
}

void AddPending(OffsetState& state, const PendingErrors& errors) {
  const bool there = std::find(state.pending.begin(), state.pending.end(), errors) != state.pending.end();
  if (!there) state.pending.push_back(errors);
}

}  // namespace frazil::table
