// Decides what happens to records that cannot become rows.
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

// Thread-safe: one object serves all lanes.
class BadRecordPolicy {
 public:
  virtual ~BadRecordPolicy() = default;
  // Handles `bad`, at least one bad record of `batch`, and adds them to `counts`. The rows of the batch go into `into`.
  // An error fails the batch, and so the micro-batch.
  virtual Status Judge(const record::RecordBatch& batch, std::vector<decode::BadRecord> bad, MicroBatch& into,
                       record::OffsetCounts& counts) = 0;
};

// The policy that on_bad_record configures.
class ConfiguredPolicy : public BadRecordPolicy {
 public:
  // `errors` is used with OnBadRecord::kErrorsTable. `letters` is used with kTopic, and is null otherwise. All
  // references must outlive this object.
  ConfiguredPolicy(const SinkOptions& options, ErrorsOutbox& errors, DeadLetters* letters, metrics::Pipeline& metrics);

  Status Judge(const record::RecordBatch& batch, std::vector<decode::BadRecord> bad, MicroBatch& into,
               record::OffsetCounts& counts) override;

 private:
  // `became` says what happened to the records: "skipped".
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
