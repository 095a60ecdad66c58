// Which bad records an errors table has.
#pragma once

#include <cstdint>
#include <set>

#include "catalog/catalog.h"
#include "common/result.h"
#include "record/record_batch.h"

namespace frazil::ingest {

// The offsets of `source` in [first, next) that are rows of the table's main branch. Rows that delete files take out
// count as there. Reads the three columns of every file that may have them.
Result<std::set<int64_t>> OffsetsInErrorsTable(const catalog::LoadedTable& table, const record::TopicPartition& source,
                                               int64_t first, int64_t next);

}  // namespace frazil::ingest
