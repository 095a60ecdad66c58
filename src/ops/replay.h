// Replays bad records: those that can become rows now become rows of the main table, each once, and are marked in the
// errors table.
//
// The order is the reverse of the outbox's. First, one commit of the main table adds the rows, counts them as rows, and
// stores a list of their offsets in the pipeline's state. Then the rows of the errors table are marked. If the process
// dies in between, the list remains, and the next replay first marks the rows that it names. If two replays run at
// once, the commit of the second one finds that the state has changed.
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

// What became of the unmarked bad records of one Kafka partition.
struct ReplayedPartition {
  int64_t became_rows = 0;
  int64_t still_bad = 0;
  // They were rows already: a rewind, or a rollback with re-reading, had read them again. The table's _kafka_* columns
  // show it.
  int64_t were_rows = 0;
  // Not replayed, because it is unknown whether they are rows already: the table has no such columns, or the errors
  // table has more bad records than the main table counts.
  int64_t undecided = 0;
  int64_t not_counted = 0;  // not replayed: the pipeline has not read these offsets
  ReplayedPartition& operator+=(const ReplayedPartition& other);
};

struct ReplayReport {
  std::map<record::TopicPartition, ReplayedPartition> partitions;
  std::vector<std::string> reasons;  // the reasons of the first few records that are still bad
  int64_t commits = 0;
};

// Access to bad records and tables. Tests replace it.
class ReplayParts {
 public:
  virtual ~ReplayParts() = default;

  // Visits all bad records, without their values.
  virtual Status Visit(const VisitError& visit) = 0;
  // Reads records that are wanted, or some of them: one batch for each Kafka partition, as ReadErrors does.
  virtual Result<std::vector<record::RecordBatch>> Read(const WantError& want) = 0;
  // The offsets of the partition below `next` that have rows in the main table.
  virtual Result<ingest::FoundOffsets> RowsBelow(const catalog::LoadedTable& main, const record::TopicPartition& source,
                                                 int64_t next) = 0;
  // New data files with the rows of some records.
  struct Rows {
    std::vector<iceberg::DataFile> files;
    record::RowOrigins offsets;  // the offsets of the records that became rows
    std::vector<table::DecidedBy> decided = {};
    std::map<record::TopicPartition, std::map<int64_t, std::string>> still_bad;  // offset → reason
  };
  virtual Result<Rows> Make(std::vector<record::RecordBatch> batches) = 0;
  // Marks bad records as replayed by `snapshot`, unless they have that mark already. Returns how many were marked.
  virtual Result<int64_t> Mark(const record::RowOrigins& replayed, std::optional<int64_t> snapshot) = 0;
};

// Replays the bad records of all topics of the committer's pipeline, until nothing is left to try.
Result<ReplayReport> Replay(table::Committer& committer, ReplayParts& parts);

}  // namespace frazil::ops
