#include "table/offset_state.h"

#include <algorithm>
#include <array>
#include <limits>
#include <nlohmann/json.hpp>
#include <span>
#include <utility>

#include "common/failpoint.h"
#include "common/text/shown.h"
#include "iceberg/json_members.h"
#include "iceberg/manifest_packing.h"
#include "iceberg/plausible.h"

namespace frazil::table {
namespace {

using nlohmann::json;
namespace members = iceberg::json;

constexpr int kVersion = 1;
const std::string kNessieContentId = "nessie.catalog.content-id";  // Nessie puts it on every table

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

// Numbers of one partition as an array whose trailing zeros are left out: most partitions have rows only, and the
// property is rewritten with every commit.
json Compact(std::initializer_list<int64_t> numbers) {
  json out = json::array();
  size_t keep = numbers.size();
  while (keep > 0 && *(numbers.begin() + static_cast<ptrdiff_t>(keep) - 1) == 0) --keep;
  for (size_t i = 0; i < keep; ++i) out.push_back(*(numbers.begin() + static_cast<ptrdiff_t>(i)));
  return out;
}

Result<int64_t> Integer(const json& number) {
  int64_t value = 0;
  FRAZIL_RETURN_IF_ERROR(members::Read(number, &value));
  return value;
}

template <size_t N>
Result<std::array<int64_t, N>> Expand(const json& numbers) {
  std::array<int64_t, N> out{};
  if (!numbers.is_array() || numbers.size() > N) return Fail(ErrorKind::kCorrupt, "expected at most {} numbers", N);
  for (size_t i = 0; i < numbers.size(); ++i) {
    FRAZIL_ASSIGN_OR_RETURN(out[i], Integer(numbers[i]));
  }
  return out;
}

Result<int32_t> PartitionId(int64_t number) {
  if (number >= 0 && number <= std::numeric_limits<int32_t>::max()) return static_cast<int32_t>(number);
  return Fail(ErrorKind::kCorrupt, "{} is no partition", number);
}

Result<int32_t> LeaderEpoch(int64_t number) {
  if (number >= -1 && number <= std::numeric_limits<int32_t>::max()) return static_cast<int32_t>(number);
  return Fail(ErrorKind::kCorrupt, "{} is no leader epoch", number);
}

// The counts of [first, next), which add up to it; none of a range that goes back.
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
  FRAZIL_ASSIGN_OR_RETURN(json parsed, members::Parse(text));
  if (!parsed.is_object()) return Fail(ErrorKind::kCorrupt, "not a JSON object");
  return parsed;
}

constexpr const char* kPending = "pending-errors";
constexpr const char* kRewinds = "rewinds";
constexpr const char* kReplays = "replays";
constexpr const char* kUnmarked = "unmarked-replay";

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

// Whether the summary tells that the snapshot has files which it did not add itself.
bool HasOlderFiles(const iceberg::Snapshot& snapshot) {
  const auto number = [&](const char* key) { return iceberg::ParseTotal(snapshot.summary, key).value_or(0); };
  return number("total-data-files") > number("added-data-files");
}

}  // namespace

Status CheckOffset(int64_t offset) {
  if (offset >= 0 && offset <= record::kLargestOffset) return {};
  return Fail(ErrorKind::kCorrupt, "{} is no offset", offset);
}

bool BeginsHistory(const iceberg::Snapshot& snapshot) {
  return !snapshot.parent_snapshot_id && !HasOlderFiles(snapshot);
}

PartitionState StartingAt(int64_t offset) { return {offset, offset, -1, {}}; }

std::string OffsetsKey(const OffsetState& state) {
  return fmt::format("{}{}/{}/{}", kOffsetsKeyPrefix, EscapeName(state.pipeline), EscapeName(state.topic),
                     EscapeName(state.ref));
}

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
  // Every commit of a pipeline that reads the topic writes its state anew: the older of two that took over from one
  // another is the one that ended.
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

bool ShowsHeadAlone(const iceberg::TableMetadata& metadata) { return metadata.properties.contains(kNessieContentId); }

StateValidity CheckValidity(const OffsetState& state, const iceberg::TableMetadata& metadata) {
  if (FRAZIL_GUARD("not-copied") && state.table_uuid != metadata.table_uuid) return StateValidity::kCopied;
  if (!FRAZIL_GUARD("not-rolled-back")) return StateValidity::kValid;
  // Of a cut history only what it holds is believed, not what it seems to lack.
  const auto unless_cut = [&](StateValidity found) {
    return metadata.history_is_cut ? StateValidity::kUnknown : found;
  };
  const iceberg::Snapshot* snapshot = metadata.RefHead(state.ref);
  if (snapshot == nullptr) return unless_cut(StateValidity::kRolledBack);
  for (;;) {
    if (snapshot->snapshot_id == state.snapshot_id || snapshot->parent_snapshot_id == state.snapshot_id) {
      return StateValidity::kValid;
    }
    // Snapshots at or below the stored sequence number that are not the stored one: another line of history.
    if (snapshot->sequence_number <= state.sequence_number) return unless_cut(StateValidity::kRolledBack);
    if (!snapshot->parent_snapshot_id) {
      // Nessie versions properties together with the snapshot, so that a rollback there takes the state back as well.
      if (ShowsHeadAlone(metadata)) return StateValidity::kValid;
      const bool cut = !BeginsHistory(*snapshot) && metadata.FindSnapshot(state.snapshot_id) == nullptr;
      return unless_cut(cut ? StateValidity::kValid : StateValidity::kRolledBack);
    }
    const iceberg::Snapshot* parent = metadata.ParentOf(*snapshot);
    // The chain was cut by expiry; all of it is newer than the stored commit, which lies behind the cut.
    if (parent == nullptr) return unless_cut(StateValidity::kValid);
    snapshot = parent;
  }
}

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

void AddPending(OffsetState& state, const PendingErrors& errors) {
  const bool there = std::find(state.pending.begin(), state.pending.end(), errors) != state.pending.end();
  if (!there) state.pending.push_back(errors);
}

Status Advance(OffsetState& state, const record::OffsetRange& range) {
  const auto found = state.partitions.find(range.source.partition);
  if (found == state.partitions.end()) {
    return Fail(ErrorKind::kFenced, "partition {} of topic '{}' is not established in the table",
                range.source.partition, range.source.topic);
  }
  PartitionState& partition = found->second;
  if (FRAZIL_GUARD("contiguous") && range.first != partition.next) {
    return Fail(ErrorKind::kFenced,
                "offsets {} to {} of partition {} of topic '{}' do not join the table, which stands at {}", range.first,
                range.next - 1, range.source.partition, range.source.topic, partition.next);
  }
  FRAZIL_RETURN_IF_ERROR(CheckOffset(range.next));
  if (range.goes_back()) {
    if (range.counts.total() != 0) return Fail(ErrorKind::kInternal, "a range that goes back has counts");
    ++state.rewinds;
    partition.rewound_from = std::max(partition.rewound_from, range.first);
    partition.reread_to = std::max(partition.reread_to, range.first);
    partition.start = partition.next = range.next;
    partition.counts = {};
    return {};
  }
  if (FRAZIL_GUARD("accounted") && range.next - range.first != range.counts.total()) {
    return Fail(ErrorKind::kInternal, "offsets {} to {} of partition {} of topic '{}' are {}, but {} are accounted for",
                range.first, range.next - 1, range.source.partition, range.source.topic, range.next - range.first,
                range.counts.total());
  }
  partition.next = range.next;
  if (range.leader_epoch >= 0) partition.leader_epoch = range.leader_epoch;
  partition.counts += range.counts;
  return {};
}

int64_t CountedOf(const PartitionState& partition, const record::RowOrigin& run) {
  return std::max<int64_t>(std::min(run.next, partition.next) - std::max(run.first, partition.start), 0);
}

Status CountReplayed(OffsetState& state, const record::RowOrigins& replayed) {
  for (const record::RowOrigin& run : replayed.list()) {
    if (run.source.topic != state.topic) continue;
    const auto found = state.partitions.find(run.source.partition);
    const int64_t rows = found == state.partitions.end() ? 0 : CountedOf(found->second, run);
    if (found == state.partitions.end() || run.next > found->second.next || rows > found->second.counts.errors) {
      return Fail(ErrorKind::kInvalidArgument,
                  "offsets {} to {} of partition {} of topic '{}' are not among the bad records that the table counts",
                  run.first, run.next - 1, run.source.partition, state.topic);
    }
    found->second.counts.rows += rows;
    found->second.counts.errors -= rows;
  }
  return {};
}

void UncountReplayed(OffsetState& state, const record::RowOrigins& replayed) {
  for (const record::RowOrigin& run : replayed.list()) {
    if (run.source.topic != state.topic) continue;
    const auto found = state.partitions.find(run.source.partition);
    if (found == state.partitions.end()) continue;
    // Where a rewind was taken back before, what had been counted is not known.
    const int64_t rows = std::min(CountedOf(found->second, run), found->second.counts.rows);
    found->second.counts.rows -= rows;
    found->second.counts.errors += rows;
  }
}

Status Retreat(OffsetState& state, const record::OffsetRange& range) {
  const auto found = state.partitions.find(range.source.partition);
  const bool is_last = found != state.partitions.end() && found->second.next == range.next &&
                       (range.first >= found->second.start || found->second.counts.total() == 0);
  if (!is_last) {
    return Fail(ErrorKind::kInvalidArgument, "offsets {} to {} of partition {} of topic '{}' are not the last it has",
                range.first, range.next - 1, range.source.partition, range.source.topic);
  }
  PartitionState& partition = found->second;
  partition.next = range.first;
  if (range.goes_back() || range.first < partition.start) {
    partition.start = range.first;  // what it had counted before the rewind is not known any more
  } else {
    partition.counts -= range.counts;
  }
  return {};
}

}  // namespace frazil::table
