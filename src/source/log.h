// What there is to read, asked for and read outside of any group.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "common/result.h"
#include "record/record_batch.h"
#include "record/stream.h"

namespace frazil::source {

using record::Position;
using record::Positions;
using record::StreamId;
using record::StreamsOf;
using record::TopicPartition;

struct StartAt {
  enum class Kind { kEarliest, kLatest, kTimestamp } kind = Kind::kEarliest;
  int64_t timestamp_ms = 0;
};

// Not thread-safe: one thread drives it.
class Log {
 public:
  virtual ~Log() = default;

  // Identity of the server that is read, so that positions in another one's log are not mistaken for ours.
  virtual Result<std::string> ClusterId() = 0;
  // All streams that this reads, as of now. kNotFound if there is none.
  virtual Result<std::vector<StreamId>> Streams() = 0;
  virtual Result<Positions> ResolveStart(const std::vector<StreamId>& streams, const StartAt& start) = 0;
  // Past the last record that a reader sees by now (with Kafka's read_committed, the last stable offset).
  virtual Result<Positions> EndOffsets(const std::vector<StreamId>& streams) = 0;
  // Of each stream up to `max_records` from the given position on, less where it ends before or the records are long.
  // One batch for each, in their order.
  virtual Result<std::vector<record::RecordBatch>> ReadSample(const Positions& from, int max_records) = 0;
  // Hands everything visible of each stream of `from`, up to where it stands in `until`, to `take`: batches that may
  // reach farther, those of one stream in order and without a hole.
  using Take = std::function<Status(const record::RecordBatch& batch)>;
  virtual Status ReadBetween(const Positions& from, const Positions& until, const Take& take) = 0;
};

}  // namespace frazil::source
