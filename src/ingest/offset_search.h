// Finds the offsets of a Kafka partition that have rows in a table, by the table's metadata columns.
#pragma once

#include <cstdint>
#include <optional>
#include <set>

#include "catalog/catalog.h"
#include "common/result.h"
#include "record/record_batch.h"

namespace frazil::ingest {

// The field ids of the columns that say where a row came from.
struct OffsetColumns {
  int32_t partition = 0;         // int
  int32_t offset = 0;            // long
  std::optional<int32_t> topic;  // string; nullopt: all rows are of one topic
};

struct FoundOffsets {
  std::set<int64_t> offsets;
  bool complete = true;  // false if some rows do not say where they came from
};

// The offsets of `source` in [first, next) that have rows in the table's main branch. The table must have `columns`.
// Rows that delete files remove are included. Reads these columns of every data file.
Result<FoundOffsets> FindOffsets(const catalog::LoadedTable& table, const OffsetColumns& columns,
                                 const record::TopicPartition& source, int64_t first, int64_t next);

// The same for an errors table. Rows that do not say where they came from, which other programs wrote, are skipped.
Result<std::set<int64_t>> OffsetsInErrorsTable(const catalog::LoadedTable& table, const record::TopicPartition& source,
                                               int64_t first, int64_t next);

}  // namespace frazil::ingest
