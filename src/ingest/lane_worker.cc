#include "ingest/lane_worker.h"

#include <arrow/api.h>

#include "common/clock.h"
#include "common/log.h"
#include "decode/error_rows.h"
#include "ingest/table_fit.h"

namespace frazil::ingest {
namespace {

// Other lanes and processes may grow the schema meanwhile, a column at a time; more rounds than this mean that the
// catalog does not keep what it is told.
constexpr int kMostSchemaRounds = 1000;
constexpr size_t kMostLoggedBadRecords = 5;  // of one batch

}  // namespace

LaneWorker::LaneWorker(std::shared_ptr<table::Table> table, const SinkOptions& options, ErrorsOutbox& errors,
                       DeadLetters* letters, ErrorLimit& limit, metrics::Pipeline& metrics)
    : table_(std::move(table)),
      options_(options),
      errors_(errors),
      letters_(letters),
      limit_(limit),
      metrics_(metrics) {}

Status LaneWorker::FollowTable() {
  const iceberg::TableMetadataPtr metadata = table_->current().metadata;
  if (schema_ == nullptr || schema_->schema_id() != metadata->current_schema_id) {
    const iceberg::SchemaPtr schema = metadata->schema();
    FRAZIL_ASSIGN_OR_RETURN(decoder_, decode::MakeJsonDecoder(schema, options_.decoder));
    schema_ = schema;
    fanout_.reset();
  }
  if (!fanout_ || spec_->spec_id != metadata->default_spec_id) {
    spec_ = metadata->spec();
    FRAZIL_ASSIGN_OR_RETURN(fanout_, PartitionFanout::Make(*schema_, *spec_));
  }
  return {};
}

Result<decode::Decoded> LaneWorker::Decode(const record::RecordBatch& batch) {
  for (int round = 0; round < kMostSchemaRounds; ++round) {
    FRAZIL_RETURN_IF_ERROR(FollowTable());
    FRAZIL_ASSIGN_OR_RETURN(decode::Decoded decoded, decoder_->Decode(batch));
    if (decoded.new_columns.empty()) return decoded;
    // To no other schema than the batch was held against: lanes that each find room for a column must not add more
    // than there is room for.
    FRAZIL_ASSIGN_OR_RETURN(const bool added, table_->AddColumns(decoded.new_columns, schema_->schema_id()));
    if (!added) continue;
    for (const auto& addition : decoded.new_columns) {
      log::info("table {}: {}", table_->ident().ToString(), Describe(addition));
    }
  }
  return Fail(ErrorKind::kInternal, "the schema of table {} was grown {} times for one batch and still lacks columns",
              table_->ident().ToString(), kMostSchemaRounds);
}

Status LaneWorker::JudgeBadRecords(const record::RecordBatch& batch, std::vector<decode::BadRecord> bad,
                                   MicroBatch& into, record::OffsetCounts& counts) {
  if (bad.empty()) return {};
  const auto count = static_cast<int64_t>(bad.size());
  if (options_.on_bad_record != OnBadRecord::kFail) {
    FRAZIL_RETURN_IF_ERROR(limit_.Count(count, Describe(bad.front(), batch.source)));
  }
  switch (options_.on_bad_record) {
    case OnBadRecord::kFail:
      return Fail(
          ErrorKind::kBadRecord,
          "bad record at {}. Nothing from this offset on was committed; mend the producer or the schema, or say "
          "'on_bad_record: errors_table' to keep such records in a table of their own",
          Describe(bad.front(), batch.source));
    case OnBadRecord::kSkip:
      counts.skipped += count;
      metrics_.RecordsSkipped("bad_record", count);
      LogEach("skipped", batch, bad);
      return {};
    case OnBadRecord::kErrorsTable:
      counts.errors += count;
      metrics_.RecordsSkipped("errors_table", count);
      return SendToErrorsTable(batch, std::move(bad), into);
    case OnBadRecord::kTopic:
      counts.skipped += count;
      metrics_.RecordsSkipped("dead_letter_topic", count);
      LogEach(fmt::format("sent to topic '{}'", options_.dead_letter_topic), batch, bad);
      return letters_->Send(batch, bad);
  }
  return {};
}

void LaneWorker::LogEach(std::string_view became, const record::RecordBatch& batch,
                         const std::vector<decode::BadRecord>& bad) {
  for (size_t i = 0; i < bad.size() && i < kMostLoggedBadRecords; ++i) {
    log::warn("{}: bad record at {}", became, Describe(bad[i], batch.source));
  }
  if (bad.size() > kMostLoggedBadRecords) {
    log::warn("{}: {} more bad records of topic '{}', partition {}, offsets {} to {}", became,
              bad.size() - kMostLoggedBadRecords, batch.source.topic, batch.source.partition,
              bad[kMostLoggedBadRecords].offset, bad.back().offset);
  }
}

Status LaneWorker::SendToErrorsTable(const record::RecordBatch& batch, std::vector<decode::BadRecord> bad,
                                     MicroBatch& into) {
  FRAZIL_ASSIGN_OR_RETURN(const DataFileContext* table, errors_.FilesOf(batch.source.topic));
  FRAZIL_ASSIGN_OR_RETURN(bad, errors_.NotYetThere(batch, std::move(bad)));
  if (bad.empty()) return {};
  const iceberg::SchemaPtr schema = table->table->current().metadata->schema();
  FRAZIL_ASSIGN_OR_RETURN(auto rows, decode::BuildErrorRows(batch, bad, *schema, Clock::System().NowMillis()));
  const record::RowOrigin origin{batch.source, bad.front().offset, bad.back().offset + 1,
                                 static_cast<int64_t>(bad.size())};
  into.AppendErrors(*table, origin, std::move(rows), schema, Describe(bad.front(), batch.source));
  return {};
}

Status LaneWorker::TryProcess(FetchedBatch fetched, MicroBatch& into) {
  const record::RecordBatch& batch = fetched.records;
  FRAZIL_ASSIGN_OR_RETURN(decode::Decoded decoded, Decode(batch));
  if (decoded.tombstones > 0) metrics_.RecordsSkipped("tombstone", decoded.tombstones);

  record::OffsetRange range{batch.source, batch.first, batch.next, batch.leader_epoch, {}};
  range.counts.rows = decoded.rows->num_rows();
  range.counts.skipped = decoded.tombstones;
  range.counts.gaps = batch.gaps();
  FRAZIL_RETURN_IF_ERROR(JudgeBadRecords(batch, std::move(decoded.bad), into, range.counts));
  // Each form of the records goes when the next one is made: Append may take its time to encode.
  fetched = FetchedBatch();
  FRAZIL_ASSIGN_OR_RETURN(std::vector<PartitionFanout::Part> rows, fanout_->Split(decoded.rows));
  decoded.rows.reset();
  into.Append(std::move(range), std::move(rows), schema_, spec_);
  return {};
}

void LaneWorker::Process(FetchedBatch fetched, MicroBatch& into) {
  if (auto done = TryProcess(std::move(fetched), into); !done) into.Abort(done.error());
}

}  // namespace frazil::ingest
