// Sends bad records to a dead-letter topic in the cluster that they come from. Delivery is at least once: the records
// are stored there before the offsets move past them.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "common/result.h"
#include "decode/bad_record.h"
#include "ingest/options.h"
#include "record/record_batch.h"
#include "source/topics.h"

namespace frazil::ingest {

// Thread-safe.
class DeadLetters {
 public:
  // kNotFound if the topic does not exist. kInvalidArgument if it is one of the topics that are read (`streams`), or if
  // the source has no topics (`topics` is null).
  static Result<std::unique_ptr<DeadLetters>> Open(source::Topics* topics, const std::vector<record::StreamId>& streams,
                                                   const PipelineOptions& options);

  // Sends the bad records of the batch with their key, value, headers and timestamp. Added headers named frazil.* say
  // where each record comes from and why it is bad.
  Status Send(const record::RecordBatch& batch, const std::vector<decode::BadRecord>& bad);
  // Waits until everything sent is stored. Call it before the offsets move past these records.
  Status Flush();

 private:
  DeadLetters(std::unique_ptr<source::Producer> producer, const PipelineOptions& options);
  // An error of sending, in the terms of the pipeline's user.
  Status Told(const Status& status) const;

  const std::string topic_, pipeline_, table_;
  std::mutex mutex_;
  const std::unique_ptr<source::Producer> producer_;  // guarded by mutex_
};

}  // namespace frazil::ingest
