// What the commits of a pipeline moved, as the snapshots of a table tell it.
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

// Summary keys of a snapshot made by a pipeline.
constexpr std::string_view kSummaryPipeline = "frazil.pipeline";
constexpr std::string_view kSummaryRanges = "frazil.ranges";           // the moved ranges, as JSON
constexpr std::string_view kSummaryRangesFile = "frazil.ranges-file";  // or where that JSON lies, when it is long
constexpr std::string_view kSummaryErrors = "frazil.pending-errors";   // bad records of the commit, the same way
constexpr std::string_view kSummaryErrorsFile = "frazil.pending-errors-file";
// Of one that made rows of bad records: where else their list lies. In the header of its manifest list, the list
// itself.
constexpr std::string_view kSummaryReplayed = "frazil.replayed";
constexpr std::string_view kSummaryRepaired = "frazil.repaired";  // by `verify --repair`: what was wrong
// By `verify --repair`: the key of offsets that it took out of a copied table, whose pipeline may begin anew there.
constexpr std::string_view kSummaryForgotten = "frazil.forgotten";
constexpr std::string_view kSummaryMarked = "frazil.marked";  // of an errors table: how many rows were marked
// Longer texts do not go into a summary, which is read with every load of the table.
constexpr size_t kMaxSummaryText = 2048;

// The summary of a commit that moves `ranges`, among which are `errors`. May write files.
Result<std::map<std::string, std::string>> SummaryOf(const std::string& pipeline,
                                                     const std::vector<record::OffsetRange>& ranges,
                                                     const ErrorsByTopic& errors,
                                                     const iceberg::TableMetadata& metadata, io::FileIo& io);

// What `snapshot` moved of all topics of its pipeline; nothing if no pipeline made it. May read a file.
Result<std::vector<record::OffsetRange>> RangesOf(const iceberg::Snapshot& snapshot, io::FileIo& io);

// The bad records that `snapshot` made rows of; none of other snapshots. May read its manifest list.
Result<record::RowOrigins> ReplayedBy(const iceberg::Snapshot& snapshot, io::FileIo& io);

// Where past commits are looked for.
struct History {
  const iceberg::TableMetadata& metadata;
  io::FileIo& io;
  // Of pipelines that feed the table besides: their commits are passed over. Those of any other name were taken over.
  const std::vector<OffsetState>& others;
};

// `state` after the later commits of its pipeline in the ref's history. There are none unless a catalog took a commit
// and dropped what it said of the offsets. kCorrupt if they do not join.
Result<OffsetState> CaughtUp(OffsetState state, const History& history);

// `state`, which is that of the ref's head, as it was after an earlier commit. kInvalidArgument if that is not in the
// ref's history.
Result<OffsetState> AsOf(OffsetState state, int64_t snapshot_id, const History& history);

// `state`, which was rolled back, without what the lost commits had moved, and with what the ref's history has moved
// instead. kInvalidArgument if the lost commits can no longer be told.
Result<OffsetState> AfterRollback(OffsetState state, const History& history);

// `state`, which was rolled back, as if it had not been: each partition where it stood, or where the ref's history has
// come if that is further.
Result<OffsetState> OverRollback(OffsetState state, const History& history);

}  // namespace frazil::table
