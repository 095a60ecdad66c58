// Counts the rows of each offset, where a table has columns that tell it.
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

// A table's metadata columns. None if it lacks _kafka_partition or _kafka_offset.
std::optional<ingest::OffsetColumns> FindPositionColumns(const iceberg::Schema& schema);

// Add may be called by many threads; the rest when they are done.
class OffsetCensus {
 public:
  // `accounts` must outlive it.
  OffsetCensus(const ingest::OffsetColumns& columns, const table::OffsetAccounts& accounts)
      : columns_(columns), accounts_(accounts) {}

  // Counts the rows of a file, but for those that are `deleted`, by position.
  Status Add(const LiveFile& file, const FileFooter& footer, parquet::DataFileReader& reader,
             const OffsetSet* deleted = nullptr);

  struct Verdict {
    bool proved = false;         // each offset that the account counts as a row is one row, no more and no less
    int64_t missing = 0;         // of the commits that the history still has
    int64_t missing_before = 0;  // of those before
    bool found = false;          // anything that is wrong
  };
  // Rows that are there twice, or should not be there, become findings. So do those that are missing, where more are
  // than others may have removed, from what the kept history committed and from what came before; but for tables with
  // rows of unknown offset.
  struct Removed {
    int64_t kept = 0;
    bool before = true;  // any number
  };
  Verdict Judge(const table::OffsetAccount& account, const Removed& removed, table::Findings& findings) const;

  // Rows of offsets that are there once already, which a rewind had read again.
  int64_t Again(const table::OffsetAccount& account) const;
  // Rows that may be a pipeline's and do not tell which offset of which topic they are: older than the columns, or of a
  // table with several topics and no column for them.
  int64_t unplaced() const { return unplaced_; }
  // The offsets of a partition that are rows; null if there are none.
  const OffsetSet* Find(const table::OffsetAccount& account, int32_t partition) const;

 private:
  struct Partition {
    int64_t first = 0;  // what is accounted for
    int64_t next = 0;
    OffsetSet offsets;
    const table::PartitionAccount* account = nullptr;  // null if there is none
    int64_t again = 0;                                 // rows that are there twice because a rewind had them read again
    int64_t doubled = 0;                               // and others
    int64_t beyond = 0;                                // rows of offsets that nobody accounts for
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
