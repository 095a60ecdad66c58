#include "ingest/bad_record_policy.h"

#include "common/log.h"
#include "common/time/clock.h"
#include "decode/error_rows.h"

namespace frazil::ingest {
namespace {

constexpr size_t kMostLoggedBadRecords = 5;  // of one batch

}  // namespace

ConfiguredPolicy::ConfiguredPolicy(const SinkOptions& options, ErrorsOutbox& errors, DeadLetters* letters,
                                   metrics::Pipeline& metrics)
    : options_(options),
      errors_(errors),
      letters_(letters),
      metrics_(metrics),
      limit_(options.max_errors, options.flush_interval) {}

Status ConfiguredPolicy::Judge(const record::RecordBatch& batch, std::vector<decode::BadRecord> bad, MicroBatch& into,
                               record::OffsetCounts& counts) {
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

void ConfiguredPolicy::LogEach(std::string_view became, const record::RecordBatch& batch,
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

Status ConfiguredPolicy::SendToErrorsTable(const record::RecordBatch& batch, std::vector<decode::BadRecord> bad,
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

}  // namespace frazil::ingest
