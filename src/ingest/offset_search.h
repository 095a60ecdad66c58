// Which offsets of a Kafka partition are rows of a table, where its columns tell.
#pragma once

#include <cstdint>
#include <optional>
#include <set>

#include "catalog/catalog.h"
#include "common/result.h"
#include "record/record_batch.h"

namespace frazil::ingest {

// The field ids of the columns that tell where a row came from.
struct OffsetColumns {
  int32_t partition = 0;         // int
  int32_t offset = 0;            // long
  std::optional<int32_t> topic;  // string; none: all rows are of one topic
};

struct FoundOffsets {
  std::set<int64_t> offsets;
  bool complete = true;  // false: there are rows that do not tell
};

// The offsets of `source` in [first, next) that are rows of the table's main branch, which must have the columns. Rows
// that delete files take out count as there. Reads those columns of every file.
Result<FoundOffsets> FindOffsets(const catalog::LoadedTable& table, const OffsetColumns& columns,
                                 const record::TopicPartition& source, int64_t first, int64_t next);

// The same for an errors table; rows of other writers that do not tell are passed over.
Result<std::set<int64_t>> OffsetsInErrorsTable(const catalog::LoadedTable& table, const record::TopicPartition& source,
                                               int64_t first, int64_t next);

}  // namespace frazil::ingest
