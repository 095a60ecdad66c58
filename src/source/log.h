// Questions about what a source holds, and reading outside of any group.
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

// Not thread-safe: one thread drives it. Questions that the server does not answer in time are kUnavailable.
class Log {
 public:
  virtual ~Log() = default;

  // The id of the server that is read. It tells whether stored positions belong to this server's log.
  virtual Result<std::string> ClusterId() = 0;
  // All streams that this source reads, as of now. kNotFound if there are none.
  virtual Result<std::vector<StreamId>> Streams() = 0;
  // The position of `start` in each stream. For a timestamp it is the first record that is not older, else the end.
  virtual Result<Positions> ResolveStart(const std::vector<StreamId>& streams, const StartAt& start) = 0;
  // The position after the last record that a reader can see now. With Kafka's read_committed it is the last stable
  // offset.
  virtual Result<Positions> EndOffsets(const std::vector<StreamId>& streams) = 0;
  // Reads up to `max_records` records of each stream, from the given position on. Fewer come if the stream ends or the
  // records are long. Returns one batch per stream, in the order of `from`.
  virtual Result<std::vector<record::RecordBatch>> ReadSample(const Positions& from, int max_records) = 0;
  // Reads each stream from its position in `from` to its position in `until`, and passes all visible records to `take`.
  // The batches of one stream come in order and without a gap between them. The last one may reach beyond `until`.
  using Take = std::function<Status(const record::RecordBatch& batch)>;
  virtual Status ReadBetween(const Positions& from, const Positions& until, const Take& take) = 0;
};

}  // namespace frazil::source
