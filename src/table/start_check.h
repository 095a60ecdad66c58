// Whether a pipeline may go on from what a table says of its offsets: by the rules that `verify` holds them to.
#pragma once

#include "common/result.h"
#include "table/state_reader.h"

namespace frazil::table {

// Holds `known`, which is of `table` with its whole history, against the commits of the pipeline's branch. kCorrupt
// names the first thing that is wrong: a topic or partition whose commits are there and of which no state tells, a
// state that stands elsewhere than its commits end, counts that are not theirs. What the commits themselves did wrong,
// as a gap or an overlap, is past and stops nobody. Where the user said 'on_rollback: continue', a state may stand
// ahead of its commits, and count more than they do. Reads the files that commits keep their ranges in, if they have
// any: kNotFound where one is gone or broken, so that nothing can be told.
Status CheckAgainstCommits(const KnownStates& known, const CommitterOptions& options, const catalog::LoadedTable& table,
                           const std::string& table_name);

}  // namespace frazil::table
