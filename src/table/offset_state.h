// Where the offsets of a pipeline stand, kept in the table itself and nowhere else.
//
// One table property per pipeline, topic and ref holds the whole state; the summary of each snapshot holds what its
// commit moved. Both change only together with a snapshot, in one catalog request.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/result.h"
#include "iceberg/table_metadata.h"
#include "record/offset_range.h"

namespace frazil::table {

struct PartitionState {
  int64_t start = 0;  // first offset ever read: fixed when the partition is established
  int64_t next = 0;   // everything in [start, next) is accounted for
  int32_t leader_epoch = -1;
  record::OffsetCounts counts;  // of [start, next)
  bool operator==(const PartitionState&) const = default;
};

struct OffsetState {
  std::string pipeline;
  std::string topic;
  std::string ref = "main";
  std::string cluster_id;
  std::string topic_id;
  // The commit that wrote it: tells whether the state still belongs to what the table holds.
  std::string table_uuid;
  int64_t snapshot_id = 0;
  int64_t sequence_number = 0;
  std::map<int32_t, PartitionState> partitions;
  bool operator==(const OffsetState&) const = default;
};

constexpr std::string_view kOffsetsPropertyPrefix = "frazil.offsets/";
// Summary keys of a snapshot made by a pipeline.
constexpr std::string_view kSummaryPipeline = "frazil.pipeline";
constexpr std::string_view kSummaryRanges = "frazil.ranges";           // the moved ranges, as JSON
constexpr std::string_view kSummaryRangesFile = "frazil.ranges-file";  // or where that JSON lies, when it is long

// "frazil.offsets/PIPELINE/TOPIC/REF", with '/' and '%' in names percent-encoded.
std::string OffsetsProperty(std::string_view pipeline, std::string_view topic, std::string_view ref);

std::string WriteOffsetState(const OffsetState& state);
Result<OffsetState> ParseOffsetState(std::string_view text);  // kCorrupt

// Every offset state in the table's properties.
Result<std::vector<OffsetState>> OffsetStates(const iceberg::TableMetadata& metadata);

enum class StateValidity {
  kValid,
  kCopied,      // written for a table of another uuid
  kRolledBack,  // the ref's history no longer holds the commit that wrote it
};
StateValidity CheckValidity(const OffsetState& state, const iceberg::TableMetadata& metadata);

// Ranges of a snapshot summary, by topic: {"topic": [[partition, first, next, rows, errors, skipped, routed, gaps],
// …]}.
std::string WriteRanges(const std::vector<record::OffsetRange>& ranges);
Result<std::vector<record::OffsetRange>> ParseRanges(std::string_view text);

// The range is applied to its partition: kFenced if it does not begin at `next`, kInternal if its counts do not add up.
Status Advance(OffsetState& state, const record::OffsetRange& range);

}  // namespace frazil::table
