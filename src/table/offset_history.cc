#include "table/offset_history.h"

#include <algorithm>
#include <set>

#include "common/random.h"
#include "iceberg/location_provider.h"
#include "io/file_io.h"

namespace frazil::table {
namespace {

const iceberg::Snapshot* ParentOf(const iceberg::Snapshot& snapshot, const iceberg::TableMetadata& metadata) {
  return snapshot.parent_snapshot_id ? metadata.FindSnapshot(*snapshot.parent_snapshot_id) : nullptr;
}

// What `snapshot` moved of the state's topic; nothing if another made it.
Result<std::vector<record::OffsetRange>> RangesOfTopic(const iceberg::Snapshot& snapshot, const OffsetState& state,
                                                       io::FileIo& io) {
  const auto by = snapshot.summary.find(std::string(kSummaryPipeline));
  if (by == snapshot.summary.end() || by->second != state.pipeline) return std::vector<record::OffsetRange>{};
  auto ranges = RangesOf(snapshot, io);
  if (ranges) std::erase_if(*ranges, [&](const auto& range) { return range.source.topic != state.topic; });
  return ranges;
}

}  // namespace

Result<std::vector<record::OffsetRange>> RangesOf(const iceberg::Snapshot& snapshot, io::FileIo& io) {
  const auto& summary = snapshot.summary;
  if (!summary.contains(std::string(kSummaryPipeline))) return std::vector<record::OffsetRange>{};
  std::string text = "{}";
  if (const auto inside = summary.find(std::string(kSummaryRanges)); inside != summary.end()) text = inside->second;
  if (const auto file = summary.find(std::string(kSummaryRangesFile)); file != summary.end()) {
    FRAZIL_ASSIGN_OR_RETURN(text, io.ReadAll(file->second));
  }
  auto ranges = ParseRanges(text);
  if (!ranges) return Wrap(ranges.error(), fmt::format("the offsets that snapshot {} moved", snapshot.snapshot_id));
  return ranges;
}

Result<std::map<std::string, std::string>> SummaryOf(const std::string& pipeline,
                                                     const std::vector<record::OffsetRange>& ranges,
                                                     const iceberg::TableMetadata& metadata, io::FileIo& io) {
  std::map<std::string, std::string> summary = {{std::string(kSummaryPipeline), pipeline}};
  std::string text = WriteRanges(ranges);
  if (text.size() <= kMaxSummaryText) {
    summary[std::string(kSummaryRanges)] = std::move(text);
  } else {
    const std::string path =
        iceberg::LocationProvider(metadata).MetadataFile(fmt::format("frazil-ranges-{}.json", RandomUuid()));
    FRAZIL_RETURN_IF_ERROR(io.WriteAll(path, text));
    summary[std::string(kSummaryRangesFile)] = path;
  }
  return summary;
}

Result<OffsetState> CaughtUp(OffsetState state, const iceberg::TableMetadata& metadata, io::FileIo& io) {
  std::vector<const iceberg::Snapshot*> later;
  for (const auto* snapshot = metadata.RefHead(state.ref);
       snapshot != nullptr && snapshot->sequence_number > state.sequence_number;
       snapshot = ParentOf(*snapshot, metadata)) {
    later.push_back(snapshot);
  }
  for (auto at = later.rbegin(); at != later.rend(); ++at) {
    const iceberg::Snapshot& snapshot = **at;
    FRAZIL_ASSIGN_OR_RETURN(const auto ranges, RangesOfTopic(snapshot, state, io));
    for (const auto& range : ranges) {
      if (range.first == range.next && range.counts.total() == 0) {  // a start: one that is known stands
        state.partitions.try_emplace(range.source.partition, StartingAt(range.first));
      } else if (const Status moved = Advance(state, range); !moved) {
        return Fail(ErrorKind::kCorrupt,
                    "snapshot {} of pipeline '{}' does not join the offsets recorded before it: {}",
                    snapshot.snapshot_id, state.pipeline, moved.error().message);
      }
    }
    if (ranges.empty()) continue;
    state.snapshot_id = snapshot.snapshot_id;
    state.sequence_number = snapshot.sequence_number;
  }
  return state;
}

Result<OffsetState> AfterRollback(const OffsetState& state, const iceberg::TableMetadata& metadata, io::FileIo& io) {
  OffsetState survived = state;
  std::set<int32_t> missing;
  for (const auto& [id, partition] : state.partitions) missing.insert(id);
  const iceberg::Snapshot* snapshot = metadata.RefHead(state.ref);
  for (; snapshot != nullptr && !missing.empty(); snapshot = ParentOf(*snapshot, metadata)) {
    FRAZIL_ASSIGN_OR_RETURN(const auto ranges, RangesOfTopic(*snapshot, state, io));
    for (const auto& range : ranges) {
      if (missing.erase(range.source.partition) == 0) continue;
      // The counts begin anew: what the lost commits had counted is gone with them.
      survived.partitions[range.source.partition] = StartingAt(range.next);
    }
  }
  if (missing.empty()) return survived;
  // Nothing left of these partitions: the table was rolled back to before the pipeline, or history was expired.
  if (metadata.RefHead(state.ref) != nullptr) {
    for (const int32_t id : missing) survived.partitions[id] = StartingAt(state.partitions.at(id).start);
    return survived;
  }
  return Fail(ErrorKind::kInvalidArgument,
              "the table was rolled back, and its history no longer tells where partition {} of topic '{}' stood",
              *missing.begin(), state.topic);
}

}  // namespace frazil::table
