#include "ingest/lane_worker.h"

#include <arrow/api.h>

#include <chrono>

#include "common/log.h"
#include "common/thread.h"
#include "ingest/table_fit.h"

namespace frazil::ingest {
namespace {

// Other lanes and processes may grow the schema meanwhile, a column at a time; more rounds than this mean that the
// catalog does not keep what it is told.
constexpr int kMostSchemaRounds = 1000;
// A table that was loaded no longer ago is taken for what it is.
constexpr auto kFreshEnough = std::chrono::seconds(1);

}  // namespace

LaneWorker::LaneWorker(std::shared_ptr<table::Table> table, const SinkOptions& options, BadRecordPolicy& policy,
                       metrics::Pipeline& metrics)
    : table_(std::move(table)), options_(options), policy_(policy), metrics_(metrics) {}

Status LaneWorker::FollowTable() {
  const iceberg::TableMetadataPtr metadata = table_->current().metadata;
  if (metadata == followed_) return {};
  // By what they say: ids are given again where a branch is reset (Nessie).
  if (schema_ == nullptr || schema_->schema_id() != metadata->current_schema_id ||
      !schema_->SameFields(*metadata->schema())) {
    const iceberg::SchemaPtr schema = metadata->schema();
    FRAZIL_ASSIGN_OR_RETURN(decoder_, decode::MakeJsonDecoder(schema, options_.decoder));
    schema_ = schema;
    fanout_.reset();
  }
  if (!fanout_ || spec_->spec_id != metadata->default_spec_id || !spec_->SameFields(*metadata->spec())) {
    spec_ = metadata->spec();
    FRAZIL_ASSIGN_OR_RETURN(fanout_, PartitionFanout::Make(*schema_, *spec_));
  }
  followed_ = metadata;
  return {};
}

Result<bool> LaneWorker::VerdictStands() {
  const bool last_word = options_.on_bad_record == OnBadRecord::kFail;  // else the commit looks once more
  const Status seen = table_->Refresh(last_word ? std::chrono::milliseconds(0) : kFreshEnough);
  if (!seen && last_word) return tl::unexpected<Error>(seen.error());
  return table_->current().metadata->schema()->SameFields(*schema_);
}

Result<decode::Decoded> LaneWorker::Decode(const record::RecordBatch& batch) {
  for (int round = 0; round < kMostSchemaRounds; ++round) {
    FRAZIL_RETURN_IF_ERROR(FollowTable());
    FRAZIL_ASSIGN_OR_RETURN(decode::Decoded decoded, decoder_->Decode(batch));
    if (decoded.new_columns.empty()) {
      if (decoded.bad.empty()) return decoded;
      FRAZIL_ASSIGN_OR_RETURN(const bool stands, VerdictStands());
      if (stands) return decoded;
      continue;
    }
    // To no other schema than the batch was held against: lanes that each find room for a column must not add more
    // than there is room for.
    FRAZIL_ASSIGN_OR_RETURN(const bool added, table_->AddColumns(decoded.new_columns, schema_));
    if (!added) continue;
    for (const auto& addition : decoded.new_columns) {
      log::info("table {}: {}", table_->ident().ToString(), Describe(addition));
    }
  }
  return Fail(ErrorKind::kInternal, "the schema of table {} was grown {} times for one batch and still lacks columns",
              table_->ident().ToString(), kMostSchemaRounds);
}

Status LaneWorker::TryProcess(FetchedBatch fetched, MicroBatch& into) {
  const record::RecordBatch& batch = fetched.records;
  FRAZIL_ASSIGN_OR_RETURN(decode::Decoded decoded, Decode(batch));
  if (decoded.tombstones > 0) metrics_.RecordsSkipped("tombstone", decoded.tombstones);

  record::OffsetRange range{batch.source, batch.first, batch.next, batch.leader_epoch, {}};
  range.counts.rows = decoded.rows->num_rows();
  range.counts.skipped = decoded.tombstones;
  range.counts.gaps = batch.gaps();
  const bool refused = !decoded.bad.empty();
  if (refused) {
    FRAZIL_RETURN_IF_ERROR(policy_.Judge(batch, std::move(decoded.bad), into, range.counts));
  }
  // Each form of the records goes when the next one is made: Append may take its time to encode.
  fetched = FetchedBatch();
  FRAZIL_ASSIGN_OR_RETURN(std::vector<PartitionFanout::Part> rows, fanout_->Split(decoded.rows));
  decoded.rows.reset();
  into.Append(std::move(range), std::move(rows), {schema_, spec_, refused});
  return {};
}

void LaneWorker::Process(FetchedBatch fetched, MicroBatch& into) {
  const Status done = OrThrown("making rows of records", [&] { return TryProcess(std::move(fetched), into); });
  if (!done) into.Abort(done.error());
}

}  // namespace frazil::ingest
