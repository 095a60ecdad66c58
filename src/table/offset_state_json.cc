#include "table/offset_state_json.h"

#include <limits>
#include <utility>

#include "common/text/shown.h"
#include "iceberg/json_members.h"
#include "iceberg/plausible.h"
#include "table/offset_json.h"

namespace frazil::table {
namespace {

using namespace offset_json;  // NOLINT(google-build-using-namespace): this is the other half of it
namespace members = iceberg::json;

constexpr int kVersion = 1;
constexpr const char* kRewinds = "rewinds";
constexpr const char* kReplays = "replays";
constexpr const char* kUnmarked = "unmarked-replay";

Result<int32_t> LeaderEpoch(int64_t number) {
  if (number >= -1 && number <= std::numeric_limits<int32_t>::max()) return static_cast<int32_t>(number);
  return Fail(ErrorKind::kCorrupt, "{} is no leader epoch", number);
}

Result<OffsetState> ParseState(std::string_view text) {
  FRAZIL_ASSIGN_OR_RETURN(const json object, ParseObject(text));
  FRAZIL_ASSIGN_OR_RETURN(const int64_t version, members::Required<int64_t>(object, "version"));
  if (version != kVersion) {
    return Fail(ErrorKind::kUnsupported, "version {} was written by a newer Frazil: use that one", version);
  }
  OffsetState state;
  FRAZIL_ASSIGN_OR_RETURN(state.pipeline, members::Required<std::string>(object, "pipeline"));
  FRAZIL_ASSIGN_OR_RETURN(state.topic, members::Required<std::string>(object, "topic"));
  FRAZIL_ASSIGN_OR_RETURN(state.ref, members::Required<std::string>(object, "ref"));
  FRAZIL_ASSIGN_OR_RETURN(state.cluster_id, members::Required<std::string>(object, "cluster"));
  FRAZIL_ASSIGN_OR_RETURN(state.topic_id, members::Required<std::string>(object, "topic-id"));
  FRAZIL_ASSIGN_OR_RETURN(state.table_uuid, members::Required<std::string>(object, "table"));
  FRAZIL_ASSIGN_OR_RETURN(state.snapshot_id, members::Required<int64_t>(object, "snapshot"));
  FRAZIL_ASSIGN_OR_RETURN(state.sequence_number, members::Required<int64_t>(object, "sequence"));
  if (const auto names = object.find("took-over"); names != object.end()) {
    if (!names->is_array()) return Fail(ErrorKind::kCorrupt, "member 'took-over' is no array");
    for (const json& name : *names) {
      if (!name.is_string())
        return Fail(ErrorKind::kCorrupt, "member 'took-over' names no pipeline: {}", Shown(name.dump()));
      state.took_over.push_back(name.get<std::string>());
    }
  }
  if (object.contains(kRewinds)) {
    FRAZIL_ASSIGN_OR_RETURN(state.rewinds, members::Required<int64_t>(object, kRewinds));
    FRAZIL_RETURN_IF_ERROR(iceberg::CheckPlausible(kRewinds, state.rewinds, iceberg::kLargestCount));
  }
  if (object.contains(kReplays)) {
    FRAZIL_ASSIGN_OR_RETURN(state.replays, members::Required<int64_t>(object, kReplays));
    FRAZIL_RETURN_IF_ERROR(iceberg::CheckPlausible(kReplays, state.replays, iceberg::kLargestCount));
  }
  if (object.contains(kUnmarked)) {
    FRAZIL_ASSIGN_OR_RETURN(state.unmarked, members::Required<std::string>(object, kUnmarked));
  }
  if (const auto pending = object.find(kPending); pending != object.end()) {
    if (!pending->is_array()) return Fail(ErrorKind::kCorrupt, "member '{}' is no array", kPending);
    for (const json& one : *pending) {
      FRAZIL_ASSIGN_OR_RETURN(PendingErrors errors, ParsePending(state.topic, one));
      state.pending.push_back(std::move(errors));
    }
  }
  const auto partitions = object.find("partitions");
  if (partitions == object.end() || !partitions->is_array()) {
    return Fail(ErrorKind::kCorrupt, "array member 'partitions' is missing");
  }
  for (const json& one : *partitions) {
    FRAZIL_ASSIGN_OR_RETURN(const auto n, (Expand<11>(one)));
    FRAZIL_ASSIGN_OR_RETURN(const int32_t id, PartitionId(n[0]));
    const auto [place, first] = state.partitions.try_emplace(id);
    if (!first) return Fail(ErrorKind::kCorrupt, "partition {} stands there twice", id);
    PartitionState& partition = place->second;
    partition.start = n[1];
    partition.next = n[2];
    FRAZIL_RETURN_IF_ERROR(CheckOffset(partition.start));
    FRAZIL_RETURN_IF_ERROR(CheckOffset(partition.next));
    FRAZIL_ASSIGN_OR_RETURN(partition.leader_epoch, LeaderEpoch(n[3]));
    if (partition.next < partition.start) {
      return Fail(ErrorKind::kCorrupt, "partition {} stands at {}, before its start {}", id, n[2], n[1]);
    }
    FRAZIL_ASSIGN_OR_RETURN(partition.counts, CountsOf(std::span(n).subspan<4, 5>(), n[1], n[2]));
    partition.rewound_from = n[9];
    partition.reread_to = n[10];
    FRAZIL_RETURN_IF_ERROR(CheckOffset(partition.rewound_from));
    FRAZIL_RETURN_IF_ERROR(CheckOffset(partition.reread_to));
  }
  return state;
}

}  // namespace

std::string WriteOffsetState(const OffsetState& state) {
  json partitions = json::array();
  for (const auto& [id, p] : state.partitions) {
    partitions.push_back(Compact({id, p.start, p.next, p.leader_epoch, p.counts.rows, p.counts.errors, p.counts.skipped,
                                  p.counts.routed, p.counts.gaps, p.rewound_from, p.reread_to}));
  }
  json object = {{"version", kVersion},
                 {"pipeline", state.pipeline},
                 {"topic", state.topic},
                 {"ref", state.ref},
                 {"cluster", state.cluster_id},
                 {"topic-id", state.topic_id},
                 {"table", state.table_uuid},
                 {"snapshot", state.snapshot_id},
                 {"sequence", state.sequence_number},
                 {"partitions", std::move(partitions)}};
  if (!state.took_over.empty()) object["took-over"] = state.took_over;
  if (state.rewinds != 0) object[kRewinds] = state.rewinds;
  if (state.replays != 0) object[kReplays] = state.replays;
  if (!state.unmarked.empty()) object[kUnmarked] = state.unmarked;
  for (const PendingErrors& one : state.pending) object[kPending].push_back(WritePending(one));
  return object.dump();
}

Result<OffsetState> ParseOffsetState(std::string_view text) {
  auto state = ParseState(text);
  if (!state) return Wrap(state.error(), "the table's offset state cannot be read");
  return state;
}

}  // namespace frazil::table
