// Makes rows of bad records that can be rows by now, each once, and marks them where they are kept.
//
// The order is that of the outbox, backwards. One commit of the main table adds the rows, counts them as such, and
// keeps a list of their offsets in the pipeline's state; then the errors table's rows are marked. Whoever dies in
// between has left the list: the next replay marks first what it names. If two replay at once, the commit of one finds
// that the state has moved.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/result.h"
#include "iceberg/data_file.h"
#include "ingest/offset_search.h"
#include "ops/stored_errors.h"
#include "record/record_batch.h"
#include "record/row_origins.h"
#include "table/committer.h"

namespace frazil::ops {

// What became of a Kafka partition's bad records that were not marked.
struct ReplayedPartition {
  int64_t became_rows = 0;
  int64_t still_bad = 0;
  // A rewind, or a rollback that was made good by reading again, had them read once more: they became rows then, by
  // the table's _kafka_* columns.
  int64_t were_rows = 0;
  // Left alone: the same where no such column tells; or more than the table counts as bad, so that it is not known
  // which of them are.
  int64_t undecided = 0;
  int64_t not_counted = 0;  // of offsets that the pipeline has not read: left alone
  ReplayedPartition& operator+=(const ReplayedPartition& other);
};

struct ReplayReport {
  std::map<record::TopicPartition, ReplayedPartition> partitions;
  std::vector<std::string> reasons;  // why records are still bad: of the first few
  int64_t commits = 0;
};

// Where bad records are, and how they become rows.
class ReplayParts {
 public:
  virtual ~ReplayParts() = default;

  // All of them, without their values.
  virtual Status Visit(const VisitError& visit) = 0;
  // Those that are wanted, or some of them, one batch for each Kafka partition, as ReadErrors.
  virtual Result<std::vector<record::RecordBatch>> Read(const WantError& want) = 0;
  // Which offsets of the partition below `next` are rows of the main table.
  virtual Result<ingest::FoundOffsets> RowsBelow(const catalog::LoadedTable& main, const record::TopicPartition& source,
                                                 int64_t next) = 0;
  // Files with the rows of these records.
  struct Rows {
    std::vector<iceberg::DataFile> files;
    record::RowOrigins offsets;  // of each that became a row
    std::vector<table::DecidedBy> decided = {};
    std::map<record::TopicPartition, std::map<int64_t, std::string>> still_bad;  // by offset, why
  };
  virtual Result<Rows> Make(std::vector<record::RecordBatch> batches) = 0;
  // Marks bad records as replayed by that snapshot, unless they are so already. Returns how many were not.
  virtual Result<int64_t> Mark(const record::RowOrigins& replayed, std::optional<int64_t> snapshot) = 0;
};

// Of all topics of the pipeline that `committer` commits for, until nothing is left to try.
Result<ReplayReport> Replay(table::Committer& committer, ReplayParts& parts);

}  // namespace frazil::ops
