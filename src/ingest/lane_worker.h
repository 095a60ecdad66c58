// The work of one lane on a fetched batch: decode it, add columns that the records need, split the rows by partition,
// and add them to the micro-batch.
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

// A batch that waits for a lane, with its shares of the memory budgets.
struct FetchedBatch {
  record::RecordBatch records;
  MemoryShare memory, undecoded;
};

// One per lane. Not thread-safe. Lanes may share the table.
class LaneWorker {
 public:
  // The references are shared by all lanes and must outlive this object.
  LaneWorker(std::shared_ptr<table::Table> table, const SinkOptions& options, BadRecordPolicy& policy,
             metrics::Pipeline& metrics);

  // Calls Append or Abort of `into` exactly once.
  void Process(FetchedBatch fetched, MicroBatch& into);

 private:
  Status TryProcess(FetchedBatch fetched, MicroBatch& into);
  // Makes a new decoder and fan-out if the table's schema or spec has changed.
  Status FollowTable();
  // Reloads the table before records are called bad. True if the schema by which they were judged is still current.
  Result<bool> VerdictStands();
  Result<decode::Decoded> Decode(const record::RecordBatch& batch);
  // Changes the table as the records of `batch` need it. False if the catalog does not take what the first of them
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
  size_t specs_ = 0;  // the number of specs that the table had when the decoder was made
  std::unique_ptr<decode::Decoder> decoder_;
  std::optional<PartitionFanout> fanout_;
};

}  // namespace frazil::ingest
