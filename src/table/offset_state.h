// The offset state: the position of one pipeline in one topic, for one ref of a table. It is stored only in the table
// (offset_store.h says where), and changes only together with a snapshot, in one catalog request.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "common/result.h"
#include "record/offset_range.h"
#include "record/row_origins.h"

namespace frazil::table {

struct PartitionState {
  int64_t start = 0;  // the first offset ever read, or the target of the last rewind
  int64_t next = 0;   // the next offset to commit; everything in [start, next) is accounted for
  int32_t leader_epoch = -1;
  record::OffsetCounts counts;  // of [start, next)
  // Set by a rewind: offsets below it were read again. Rows from the target of a rewind up to it may be in the table
  // twice.
  int64_t rewound_from = 0;
  // Set by a rewind or a rollback: a bad record below it may have become a row when it was read again.
  int64_t reread_to = 0;
  // read again
  bool operator==(const PartitionState&) const = default;
};

PartitionState StartingAt(int64_t offset);

// kCorrupt if no real log can have this offset (record::kLargestOffset). Values from brokers and tables are checked
// with it before they are stored.
Status CheckOffset(int64_t offset);

// The bad records of one commit and topic, in files that wait to be added to the errors table.
struct PendingErrors {
  struct File {
    std::string path;
    int64_t bytes = 0;
    int64_t rows = 0;
    bool operator==(const File&) const = default;
  };
  std::vector<File> files;
  record::RowOrigins origins;
  bool operator==(const PendingErrors&) const = default;
};
using ErrorsByTopic = std::map<std::string, PendingErrors>;

struct OffsetState {
  std::string pipeline;
  std::string topic;
  std::string ref = "main";
  std::string cluster_id;
  std::string topic_id;
  // The commit that wrote the state. With these it can be checked whether the state still belongs to the table's
  // content.
  std::string table_uuid;
  int64_t snapshot_id = 0;
  int64_t sequence_number = 0;
  std::map<int32_t, PartitionState> partitions;
  std::vector<std::string> took_over;  // pipelines whose offsets it continued, oldest first
  int64_t rewinds = 0;                 // how often partitions were moved back, by rewinds and rollbacks
  int64_t replays = 0;                 // how many replays turned bad records into rows
  // the file with the last replay's list (WriteOrigins), if the errors table may not be marked yet
  std::string unmarked;
  std::vector<PendingErrors> pending;  // in commit order; entries that are in the errors table already may remain
  bool operator==(const OffsetState&) const = default;
};

using StatesByTopic = std::map<std::string, OffsetState>;  // the states of one pipeline and ref, by topic

constexpr std::string_view kOffsetsKeyPrefix = "frazil.offsets/";
// The key of a state: "frazil.offsets/PIPELINE/TOPIC/REF". '/' and '%' in names are percent-encoded.
std::string OffsetsKey(const OffsetState& state);

// `state` of another pipeline, continued under the name `by`.
OffsetState TakenOver(OffsetState state, const std::string& by);
// The name of the first pipeline in the chain of takeovers. It stays the same whoever takes the state over.
const std::string& FirstName(const OffsetState& state);
// True if the state continued the offsets of `pipeline`.
bool WentOnFrom(const OffsetState& state, const std::string& pipeline);
// True if `own` continued `theirs`, and `theirs` has not moved since. Then `theirs` only waits to be removed.
bool HasTakenOver(const OffsetState& own, const OffsetState& theirs);

// True if the state has passed these bad records. For the state of the errors table, this means that they are in it.
bool Reaches(const OffsetState& state, const PendingErrors& errors);
// Adds `errors` to the pending ones, unless they are there already.
void AddPending(OffsetState& state, const PendingErrors& errors);

}  // namespace frazil::table
