// What the commits of a pipeline moved, read from the snapshots of the table.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "common/result.h"
#include "iceberg/table_metadata.h"
#include "record/offset_range.h"
#include "record/row_origins.h"
#include "table/offset_state.h"

namespace frazil::io {
class FileIo;
}

namespace frazil::table {

// Summary keys of snapshots that a pipeline made.
constexpr std::string_view kSummaryPipeline = "frazil.pipeline";
constexpr std::string_view kSummaryRanges = "frazil.ranges";           // the moved ranges as JSON
constexpr std::string_view kSummaryRangesFile = "frazil.ranges-file";  // or the file with that JSON, if it is long
constexpr std::string_view kSummaryErrors = "frazil.pending-errors";   // the commit's bad records, in the same two ways
constexpr std::string_view kSummaryErrorsFile = "frazil.pending-errors-file";
// For a replay: the file with the list of replayed offsets. The list itself is also in the header of the snapshot's
// manifest list.
constexpr std::string_view kSummaryReplayed = "frazil.replayed";
constexpr std::string_view kSummaryRepaired = "frazil.repaired";  // set by `verify --repair`: the kind of finding
// Set by `verify --repair` on a copied table: the key of the offsets that it removed, so that a pipeline may begin
// anew.
constexpr std::string_view kSummaryForgotten = "frazil.forgotten";
constexpr std::string_view kSummaryMarked = "frazil.marked";  // in an errors table: how many rows the commit marked
// Longer texts go to a file (bytes), because every load of the table reads the summaries.
constexpr size_t kMaxSummaryText = 2048;

// The summary of a commit that moves `ranges` and has the bad records `errors`. May write files.
Result<std::map<std::string, std::string>> SummaryOf(const std::string& pipeline,
                                                     const std::vector<record::OffsetRange>& ranges,
                                                     const ErrorsByTopic& errors,
                                                     const iceberg::TableMetadata& metadata, io::FileIo& io);

// The ranges that `snapshot` moved, of all topics of its pipeline; empty if no pipeline made it. May read a file.
Result<std::vector<record::OffsetRange>> RangesOf(const iceberg::Snapshot& snapshot, io::FileIo& io);

// The bad records that `snapshot` turned into rows; empty if it is no replay. May read its manifest list.
Result<record::RowOrigins> ReplayedBy(const iceberg::Snapshot& snapshot, io::FileIo& io);

// The table in which past commits are searched.
struct History {
  const iceberg::TableMetadata& metadata;
  io::FileIo& io;
  // States of other pipelines that feed the table. Their commits are skipped. Commits of any other name come from
  // pipelines that were taken over.
  const std::vector<OffsetState>& others;
};

// Applies to `state` the later commits of its pipeline in the ref's history. There are such commits only if a catalog
// took a commit and dropped its offsets. kCorrupt if they do not join.
Result<OffsetState> CaughtUp(OffsetState state, const History& history);

// Takes `state`, the state at the ref's head, back to an earlier commit. kInvalidArgument if that commit is not in the
// ref's history.
Result<OffsetState> AsOf(OffsetState state, int64_t snapshot_id, const History& history);

// For `state` after a rollback: removes what the lost commits had moved, and applies what the ref's history has moved
// instead. kInvalidArgument if the lost commits are no longer known.
Result<OffsetState> AfterRollback(OffsetState state, const History& history);

// For `state` after a rollback, ignoring the rollback: each partition stands where it stood, or where the ref's history
// has come, whichever is farther.
Result<OffsetState> OverRollback(OffsetState state, const History& history);

}  // namespace frazil::table
