// What a run would make of a table, from a sample of its records. Nothing is written.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/result.h"
#include "iceberg/table_metadata.h"
#include "ingest/options.h"
#include "record/record_batch.h"

namespace frazil::ops {

// What the sample says of one column at the root.
struct ColumnEvidence {
  std::string column;
  int64_t rows = 0;     // that have a value there
  std::string example;  // one of those values, as text; empty if there is none
};

struct PartitionSeen {
  std::string path;  // "ts_day=2026-01-08"; empty where the table is not partitioned
  int64_t rows = 0;
};

struct Preview {
  bool table_exists = false;
  std::optional<iceberg::TableMetadata> table;  // as it would be; none: no record tells its columns yet
  std::vector<std::string> changes;  // of a table that exists, each in words: by the configuration, then by the sample
  int64_t sampled = 0;               // records
  int64_t bytes = 0;                 // of their keys and values
  int64_t rows = 0;                  // that they became
  int64_t bad_records = 0;
  std::vector<std::string> bad;      // the first of them, each in words
  std::vector<std::string> remarks;  // on values that became rows all the same
  std::vector<ColumnEvidence> evidence;
  std::vector<PartitionSeen> partitions;  // by where they are in the sample first
};

// `existing` is null where there is no table. Errors are those at which a run would stop before it reads.
Result<Preview> PreviewTable(const ingest::SinkOptions& options, const iceberg::TableMetadata* existing,
                             const std::vector<record::RecordBatch>& sample);

}  // namespace frazil::ops
