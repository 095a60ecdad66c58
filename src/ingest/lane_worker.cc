#include "ingest/lane_worker.h"

#include <arrow/api.h>

#include <chrono>

#include "common/log.h"
#include "common/system/thread.h"
#include "common/warn_once.h"
#include "ingest/table_fit.h"

namespace frazil::ingest {
namespace {

// Other lanes and processes may add columns meanwhile, one at a time. More rounds than this mean that the catalog does
// not keep the changes.
constexpr int kMostSchemaRounds = 1000;
// A table that was loaded within this time counts as current.
constexpr auto kFreshEnough = std::chrono::seconds(1);

}  // namespace

LaneWorker::LaneWorker(std::shared_ptr<table::Table> table, const SinkOptions& options, BadRecordPolicy& policy,
                       metrics::Pipeline& metrics)
    : table_(std::move(table)), options_(options), policy_(policy), metrics_(metrics) {}

Status LaneWorker::FollowTable() {
  const iceberg::TableMetadataPtr metadata = table_->current().metadata;
  if (metadata == followed_) return {};
  // Schemas are compared by content, because ids are used again where a branch was reset (Nessie).
  if (schema_ == nullptr || schema_->schema_id() != metadata->current_schema_id ||
      !schema_->SameFields(*metadata->schema()) || specs_ != metadata->partition_specs.size()) {
    const iceberg::SchemaPtr schema = metadata->schema();
    FRAZIL_ASSIGN_OR_RETURN(
        decoder_, options_.format->MakeDecoder({schema, metadata->partition_specs}, options_.decoder, &refused_));
    schema_ = schema;
    specs_ = metadata->partition_specs.size();
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
  const bool last_word = options_.on_bad_record == OnBadRecord::kFail;  // otherwise the commit checks it again
  const Status seen = table_->Refresh(last_word ? std::chrono::milliseconds(0) : kFreshEnough);
  if (!seen && last_word) return tl::unexpected<Error>(seen.error());
  return table_->current().metadata->schema()->SameFields(*schema_);
}

Result<bool> LaneWorker::GrowTable(const record::RecordBatch& batch, const decode::Decoded& wanted) {
  using Outcome = table::Table::Growth::Outcome;
  // To no other schema than the batch was held against: lanes that each find room for a column must not add more
  // than there is room for.
  const auto grow = [&](const iceberg::SchemaChange& change) -> Result<table::Table::Growth> {
    FRAZIL_ASSIGN_OR_RETURN(auto growth, table_->Grow(change, schema_));
    if (growth.outcome == Outcome::kAdded) {
      for (const std::string& what : Describe(change, *schema_)) {
        log::info("table {}: {}", table_->ident().ToString(), what);
      }
    }
    return growth;
  };
  const auto unclear = [](const Result<table::Table::Growth>& growth) {
    return !growth && growth.error().kind == ErrorKind::kCommitUnknown;
  };
  auto growth = grow(wanted.growth);
  if (growth && growth->outcome != Outcome::kRefused) return true;
  if (!growth && !unclear(growth)) return tl::unexpected<Error>(growth.error());
  // Only the columns of the first record are tried, to find out which record is meant.
  const auto& first = wanted.first_growth;
  if (!first.empty() && !(first == wanted.growth)) {
    growth = grow(first);
    if (growth && growth->outcome != Outcome::kRefused) return true;
  }
  if (unclear(growth) && !first.empty()) {
    return Wrap(growth.error(), fmt::format("topic '{}', partition {}, offset {} wants a change of the table's columns",
                                            batch.source.topic, batch.source.partition, wanted.first_growth_offset));
  }
  if (!growth) return tl::unexpected<Error>(growth.error());
  if (first.empty()) {
    return Fail(ErrorKind::kInvalidArgument, "table {} does not take the columns that `metadata:` asks for: {}",
                table_->ident().ToString(), growth->why);
  }
  refused_.Add(first, std::move(growth->why));
  return false;
}

Result<decode::Decoded> LaneWorker::Decode(const record::RecordBatch& batch) {
  for (int round = 0; round < kMostSchemaRounds;) {
    FRAZIL_RETURN_IF_ERROR(FollowTable());
    FRAZIL_ASSIGN_OR_RETURN(decode::Decoded decoded, decoder_->Decode(batch));
    if (decoded.growth.empty()) {
      if (decoded.bad.empty()) return decoded;
      FRAZIL_ASSIGN_OR_RETURN(const bool stands, VerdictStands());
      if (stands) return decoded;
      ++round;
      continue;
    }
    // Each refusal makes one more record bad, so this loop ends.
    FRAZIL_ASSIGN_OR_RETURN(const bool goes_on, GrowTable(batch, decoded));
    if (goes_on) ++round;
  }
  return Fail(ErrorKind::kInternal, "the schema of table {} was grown {} times for one batch and still lacks columns",
              table_->ident().ToString(), kMostSchemaRounds);
}

Status LaneWorker::TryProcess(FetchedBatch fetched, MicroBatch& into) {
  const record::RecordBatch& batch = fetched.records;
  FRAZIL_ASSIGN_OR_RETURN(decode::Decoded decoded, Decode(batch));
  if (!decoded.operations.empty()) {
    return Fail(ErrorKind::kUnsupported,
                "records of {} payloads in topic '{}' change and delete rows of table {}, to which rows can only be "
                "appended",
                options_.format->name(), batch.source.topic, table_->ident().ToString());
  }
  if (decoded.tombstones > 0) metrics_.RecordsSkipped("tombstone", decoded.tombstones);

  metrics_.FieldsWithoutColumn("left_out", decoded.fields.left_out);
  metrics_.FieldsWithoutColumn("kept", decoded.fields.kept);
  metrics_.TypeConflicts("text", decoded.fields.as_text);
  metrics_.TypeConflicts("column", decoded.fields.beside);
  for (const std::string& remark : decoded.remarks) {
    log::WarnOnce(fmt::format("table {}: {}", table_->ident().ToString(), remark));
  }

  record::OffsetRange range{batch.source, batch.first, batch.next, batch.leader_epoch, {}};
  range.counts.rows = decoded.rows->num_rows();
  range.counts.skipped = decoded.tombstones;
  range.counts.gaps = batch.gaps();
  const bool refused = !decoded.bad.empty();
  if (refused) {
    FRAZIL_RETURN_IF_ERROR(policy_.Judge(batch, std::move(decoded.bad), into, range.counts));
  }
  // Each form of the records is freed when the next one exists, because Append may encode for a long time.
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
