// Counts how many rows each offset has, for tables with columns that hold the offset.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/result.h"
#include "iceberg/schema.h"
#include "ingest/offset_search.h"
#include "ops/file_audit.h"
#include "ops/offset_set.h"
#include "parquet/data_file_reader.h"
#include "table/finding.h"
#include "table/offset_account.h"

namespace frazil::ops {

// The columns of a table that hold the Kafka position. nullopt if _kafka_partition or _kafka_offset is missing.
std::optional<ingest::OffsetColumns> FindPositionColumns(const iceberg::Schema& schema);

// Several threads may call Add. Call the other functions after they are done.
class OffsetCensus {
 public:
  // `accounts` must outlive this object.
  OffsetCensus(const ingest::OffsetColumns& columns, const table::OffsetAccounts& accounts)
      : columns_(columns), accounts_(accounts) {}

  // Counts the rows of a file, except those at the positions in `deleted`.
  Status Add(const LiveFile& file, const FileFooter& footer, parquet::DataFileReader& reader,
             const OffsetSet* deleted = nullptr);

  struct Verdict {
    bool proved = false;         // every offset that the account counts as a row is exactly one row
    int64_t missing = 0;         // rows missing from commits in the kept history
    int64_t missing_before = 0;  // rows missing from earlier commits
    bool found = false;          // there are findings
  };
  // How many rows others may have removed: rows of the kept history, and rows from before it.
  struct Removed {
    int64_t kept = 0;
    bool before = true;  // true: any number
  };
  // Compares the counts with the account. Duplicate and unexpected rows become findings. Missing rows become findings
  // only if there are more than `removed` allows. If the table has rows of unknown offset, missing rows are never
  // findings.
  Verdict Judge(const table::OffsetAccount& account, const Removed& removed, table::Findings& findings) const;

  // The number of duplicate rows that are explained by a rewind.
  int64_t Again(const table::OffsetAccount& account) const;
  // The number of rows that may come from a pipeline but do not tell their offset or topic. They are older than the
  // columns, or the table has several topics and no column for the topic.
  int64_t unplaced() const { return unplaced_; }
  // The offsets of a partition that have a row; null if there are none.
  const OffsetSet* Find(const table::OffsetAccount& account, int32_t partition) const;

 private:
  struct Partition {
    int64_t first = 0;  // the account covers [first, next)
    int64_t next = 0;
    OffsetSet offsets;
    const table::PartitionAccount* account = nullptr;  // null if the account has no such partition
    int64_t again = 0;                                 // duplicate rows because of a rewind
    int64_t doubled = 0;                               // other duplicate rows
    int64_t beyond = 0;                                // rows with offsets outside of the account
    int64_t least_doubled = 0;
    int64_t least_beyond = 0;
  };
  using Key = std::pair<const table::OffsetAccount*, int32_t>;

  static void JudgeExtra(const table::OffsetAccount& account, int32_t id, const Partition& partition,
                         table::Findings& findings);
  static table::Finding OfStretch(const table::OffsetAccount& account, int32_t id, const table::Stretch& stretch,
                                  int64_t there);
  const table::OffsetAccount* AccountOf(const FileFooter& footer, const std::optional<std::string>& topic) const;
  Partition& PartitionOf(const table::OffsetAccount& account, int32_t partition);
  static void Count(Partition& partition, int64_t offset);

  const ingest::OffsetColumns columns_;
  const table::OffsetAccounts& accounts_;
  std::mutex mutex_;
  std::map<Key, Partition> partitions_;
  int64_t unplaced_ = 0;
};

}  // namespace frazil::ops
