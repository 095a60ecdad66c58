// What one lane does with a fetched batch: decode, grow the schema where the records ask for it, split by partition,
// put into the micro-batch.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/metrics.h"
#include "common/result.h"
#include "decode/decoder.h"
#include "ingest/dead_letters.h"
#include "ingest/error_limit.h"
#include "ingest/errors_outbox.h"
#include "ingest/micro_batch.h"
#include "ingest/options.h"
#include "ingest/partition_fanout.h"
#include "record/record_batch.h"
#include "table/table.h"

namespace frazil::ingest {

// A batch that waits for a lane.
struct FetchedBatch {
  record::RecordBatch records;
  MemoryShare memory, undecoded;
};

// One per lane: not thread-safe. The table may be shared.
class LaneWorker {
 public:
  // `errors` takes bad records with OnBadRecord::kErrorsTable, `letters`, else null, with kTopic. All that is referred
  // to is shared by the lanes.
  LaneWorker(std::shared_ptr<table::Table> table, const SinkOptions& options, ErrorsOutbox& errors,
             DeadLetters* letters, ErrorLimit& limit, metrics::Pipeline& metrics);

  // Ends with exactly one Append or Abort on `into`.
  void Process(FetchedBatch fetched, MicroBatch& into);

 private:
  Status TryProcess(FetchedBatch fetched, MicroBatch& into);
  // Decoder and fan-out follow the table's current schema and spec.
  Status FollowTable();
  Result<decode::Decoded> Decode(const record::RecordBatch& batch);
  // Does with bad records what the options say, and counts them.
  Status JudgeBadRecords(const record::RecordBatch& batch, std::vector<decode::BadRecord> bad, MicroBatch& into,
                         record::OffsetCounts& counts);
  // `became`: "skipped".
  static void LogEach(std::string_view became, const record::RecordBatch& batch,
                      const std::vector<decode::BadRecord>& bad);
  Status SendToErrorsTable(const record::RecordBatch& batch, std::vector<decode::BadRecord> bad, MicroBatch& into);

  const std::shared_ptr<table::Table> table_;
  const SinkOptions& options_;
  ErrorsOutbox& errors_;
  DeadLetters* const letters_;
  ErrorLimit& limit_;
  metrics::Pipeline& metrics_;
  iceberg::SchemaPtr schema_;
  iceberg::PartitionSpecPtr spec_;
  std::unique_ptr<decode::Decoder> decoder_;
  std::optional<PartitionFanout> fanout_;
};

}  // namespace frazil::ingest
