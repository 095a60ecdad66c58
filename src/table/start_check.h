// Checks whether a pipeline may continue from the offsets that a table stores, by the rules of `verify`.
#pragma once

#include "common/result.h"
#include "table/state_reader.h"

namespace frazil::table {

// Checks `known`, read from `table` with its whole history, against the commits of the pipeline's branch. kCorrupt
// names the first fault: a topic or partition that has commits but no state, a state that does not stand where its
// commits end, or counts that differ from the commits' counts. Faults in old commits (a gap, an overlap) are not
// reported: they do not prevent a start. With on_rollback kContinue, a state may be ahead of its commits and count
// more. This reads the files in which commits store long ranges: kNotFound if one is missing or broken, so that nothing
// can be said.
Status CheckAgainstCommits(const KnownStates& known, const CommitterOptions& options, const catalog::LoadedTable& table,
                           const std::string& table_name);

}  // namespace frazil::table
