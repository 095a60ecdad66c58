// What snapshots and data files say of the offsets that they hold, as text.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/result.h"
#include "record/offset_range.h"
#include "record/row_origins.h"
#include "table/offset_state.h"

namespace frazil::table {

// Ranges as text, by topic: {"topic": [[partition, first, next, rows, errors, skipped, routed, gaps], …]}.
std::string WriteRanges(const std::vector<record::OffsetRange>& ranges);
Result<std::vector<record::OffsetRange>> ParseRanges(std::string_view text);

// Bad records of one commit as text, by topic: {"topic": {"files": [[path, bytes, rows], …], "offsets": [[partition,
// first, next, rows], …]}}.
std::string WriteErrors(const ErrorsByTopic& errors);
Result<ErrorsByTopic> ParseErrors(std::string_view text);

// In the footer of a data file: whose rows it holds, and which offsets they came from, as
// {"topic": [[partition, first, next, rows], …]}.
constexpr std::string_view kFooterPipeline = "frazil.pipeline";
constexpr std::string_view kFooterOffsets = "frazil.offsets";
// Instead of it, where the rows were bad records: their stretches lie inside those of other files.
constexpr std::string_view kFooterReplayed = "frazil.replayed";
std::string WriteOrigins(const record::RowOrigins& origins);
Result<record::RowOrigins> ParseOrigins(std::string_view text);

}  // namespace frazil::table
