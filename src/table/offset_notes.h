// The texts about offsets in snapshots and data files. Parse functions are kCorrupt for malformed text.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/result.h"
#include "record/offset_range.h"
#include "record/row_origins.h"
#include "table/offset_state.h"

namespace frazil::table {

// Ranges, by topic: {"topic": [[partition, first, next, rows, errors, skipped, routed, gaps], …]}.
std::string WriteRanges(const std::vector<record::OffsetRange>& ranges);
Result<std::vector<record::OffsetRange>> ParseRanges(std::string_view text);

// The bad records of one commit, by topic: {"topic": {"files": [[path, bytes, rows], …], "offsets": [[partition, first,
// next, rows], …]}}.
std::string WriteErrors(const ErrorsByTopic& errors);
Result<ErrorsByTopic> ParseErrors(std::string_view text);

// Keys in the footer of a data file: the pipeline that wrote it, and the offsets that its rows came from, as {"topic":
// [[partition, first, next, rows], …]}.
constexpr std::string_view kFooterPipeline = "frazil.pipeline";
constexpr std::string_view kFooterOffsets = "frazil.offsets";
// Replaces kFooterOffsets if the rows are replayed bad records. Their ranges lie inside the ranges of other files.
constexpr std::string_view kFooterReplayed = "frazil.replayed";
std::string WriteOrigins(const record::RowOrigins& origins);
Result<record::RowOrigins> ParseOrigins(std::string_view text);

}  // namespace frazil::table
