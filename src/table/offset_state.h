// Where the offsets of a pipeline stand: one state per pipeline, topic and ref, kept in the table itself and nowhere
// else (offset_store.h says where in it). It changes only together with a snapshot, in one catalog request.
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
  int64_t start = 0;  // first offset ever read, or that of the last rewind
  int64_t next = 0;   // everything in [start, next) is accounted for
  int32_t leader_epoch = -1;
  record::OffsetCounts counts;  // of [start, next)
  int64_t rewound_from = 0;  // what a rewind had read again: rows below it, from some rewind's `next` on, may be twice
  int64_t reread_to = 0;     // after a rewind or a rollback: below it a bad record may have become a row when it was
                             // read again
  bool operator==(const PartitionState&) const = default;
};

PartitionState StartingAt(int64_t offset);

// kCorrupt unless a log may have it: what a broker or a table tells is not written on, where nobody could read it.
Status CheckOffset(int64_t offset);

// Bad records of one commit and topic, in files that wait to be appended to the errors table.
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
  // The commit that wrote it: tells whether the state still belongs to what the table holds.
  std::string table_uuid;
  int64_t snapshot_id = 0;
  int64_t sequence_number = 0;
  std::map<int32_t, PartitionState> partitions;
  std::vector<std::string> took_over;  // pipelines whose offsets it went on from, by when they were first there
  int64_t rewinds = 0;                 // how often partitions were moved back, by a rewind or after a rollback
  int64_t replays = 0;                 // how often bad records of the errors table became rows
  std::string unmarked;                // a list of such (WriteOrigins) which that table may not have marked yet: a file
  std::vector<PendingErrors> pending;  // in the order of their commits; those already appended may still be there
  bool operator==(const OffsetState&) const = default;
};

using StatesByTopic = std::map<std::string, OffsetState>;  // those of one pipeline and ref

constexpr std::string_view kOffsetsKeyPrefix = "frazil.offsets/";
// "frazil.offsets/PIPELINE/TOPIC/REF", with '/' and '%' in names percent-encoded: the key of the state's text.
std::string OffsetsKey(const OffsetState& state);

// The state of a pipeline that goes on from `state`, another's: the same under its name.
OffsetState TakenOver(OffsetState state, const std::string& by);
// The first of the pipelines that handed the state on: a name that stays whoever takes it over.
const std::string& FirstName(const OffsetState& state);
// Whether the state went on from one of that pipeline.
bool WentOnFrom(const OffsetState& state, const std::string& pipeline);
// `own` went on from `theirs`, which has not moved since: it only waits to be removed.
bool HasTakenOver(const OffsetState& own, const OffsetState& theirs);

// Whether the state has come as far as these bad records: as the errors table's own, that they are in it.
bool Reaches(const OffsetState& state, const PendingErrors& errors);
// Unless they are there.
void AddPending(OffsetState& state, const PendingErrors& errors);

}  // namespace frazil::table
