// The way of bad records into a topic of the cluster that they come from: at least once, since they are there before
// the offsets move past them.
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
  // kNotFound if the topic is not there, kInvalidArgument if it is among those that are read, `streams`, or the source
  // has no topics (null).
  static Result<std::unique_ptr<DeadLetters>> Open(source::Topics* topics, const std::vector<record::StreamId>& streams,
                                                   const PipelineOptions& options);

  // Sends records of the batch: key, value, headers and timestamp as they are; behind the headers, frazil.* ones say
  // where each comes from and why it is here.
  Status Send(const record::RecordBatch& batch, const std::vector<decode::BadRecord>& bad);
  // Waits until all that was sent is stored. To be called before the offsets move past it.
  Status Flush();

 private:
  DeadLetters(std::unique_ptr<source::Producer> producer, const PipelineOptions& options);
  // What went wrong with a letter, told as a user of the pipeline knows it.
  Status Told(const Status& status) const;

  const std::string topic_, pipeline_, table_;
  std::mutex mutex_;
  const std::unique_ptr<source::Producer> producer_;  // guarded by mutex_
};

}  // namespace frazil::ingest
