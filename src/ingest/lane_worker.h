// What one lane does with a fetched batch: decode, grow the schema where the records ask for it, split by partition,
// put into the micro-batch.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "common/metrics.h"
#include "common/result.h"
#include "decode/decoder.h"
#include "ingest/bad_record_policy.h"
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
  // All that is referred to is shared by the lanes.
  LaneWorker(std::shared_ptr<table::Table> table, const SinkOptions& options, BadRecordPolicy& policy,
             metrics::Pipeline& metrics);

  // Ends with exactly one Append or Abort on `into`.
  void Process(FetchedBatch fetched, MicroBatch& into);

 private:
  Status TryProcess(FetchedBatch fetched, MicroBatch& into);
  // Decoder and fan-out follow the table's current schema and spec.
  Status FollowTable();
  // Looks at the table anew, before records are said to be bad. True if its schema is still the one that they were held
  // against.
  Result<bool> VerdictStands();
  Result<decode::Decoded> Decode(const record::RecordBatch& batch);
  // Adds what the records of `batch` want to the table. False if the catalog does not take what the first of them
  // wants, which `refused_` has then.
  Result<bool> GrowTable(const record::RecordBatch& batch, const decode::Decoded& wanted);

  const std::shared_ptr<table::Table> table_;
  const SinkOptions& options_;
  BadRecordPolicy& policy_;
  metrics::Pipeline& metrics_;
  iceberg::TableMetadataPtr followed_;
  iceberg::SchemaPtr schema_;
  iceberg::PartitionSpecPtr spec_;
  decode::RefusedColumns refused_;
  size_t specs_ = 0;  // that the table had when the decoder was made
  std::unique_ptr<decode::Decoder> decoder_;
  std::optional<PartitionFanout> fanout_;
};

}  // namespace frazil::ingest
