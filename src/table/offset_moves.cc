#include "table/offset_moves.h"

#include <algorithm>

namespace frazil::table {

Status Advance(OffsetState& state, const record::OffsetRange& range) {
  const auto found = state.partitions.find(range.source.partition);
  if (found == state.partitions.end()) {
    return Fail(ErrorKind::kFenced, "partition {} of topic '{}' is not established in the table",
                range.source.partition, range.source.topic);
  }
  PartitionState& partition = found->second;
  if (range.first != partition.next) {
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
  if (range.next - range.first != range.counts.total()) {
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
    // If a rewind was undone before, the earlier counts are unknown.
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
    partition.start = range.first;  // the counts from before the rewind are not known any more
  } else {
    partition.counts -= range.counts;
  }
  return {};
}

}  // namespace frazil::table
