// What becomes of records that cannot be rows.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/metrics.h"
#include "common/result.h"
#include "decode/bad_record.h"
#include "ingest/dead_letters.h"
#include "ingest/error_limit.h"
#include "ingest/errors_outbox.h"
#include "ingest/micro_batch.h"
#include "ingest/options.h"
#include "record/offset_range.h"
#include "record/record_batch.h"

namespace frazil::ingest {

// Thread-safe: one serves all lanes.
class BadRecordPolicy {
 public:
  virtual ~BadRecordPolicy() = default;
  // Of a batch whose rows go into `into` with `counts`: deals with `bad`, which are some of its records, at least one,
  // and counts them. An error fails the batch.
  virtual Status Judge(const record::RecordBatch& batch, std::vector<decode::BadRecord> bad, MicroBatch& into,
                       record::OffsetCounts& counts) = 0;
};

// What on_bad_record says.
class ConfiguredPolicy : public BadRecordPolicy {
 public:
  // `errors` takes bad records with OnBadRecord::kErrorsTable, `letters`, else null, with kTopic. All that is referred
  // to must outlive it.
  ConfiguredPolicy(const SinkOptions& options, ErrorsOutbox& errors, DeadLetters* letters, metrics::Pipeline& metrics);

  Status Judge(const record::RecordBatch& batch, std::vector<decode::BadRecord> bad, MicroBatch& into,
               record::OffsetCounts& counts) override;

 private:
  // `became`: "skipped".
  static void LogEach(std::string_view became, const record::RecordBatch& batch,
                      const std::vector<decode::BadRecord>& bad);
  Status SendToErrorsTable(const record::RecordBatch& batch, std::vector<decode::BadRecord> bad, MicroBatch& into);

  const SinkOptions& options_;
  ErrorsOutbox& errors_;
  DeadLetters* const letters_;
  metrics::Pipeline& metrics_;
  ErrorLimit limit_;
};

}  // namespace frazil::ingest
