// Turns librdkafka's messages of one partition into record batches without gaps between them.
#pragma once

#include <cstdint>
#include <limits>
#include <vector>

#include "record/record_batch.h"
#include "source/kafka/handles.h"

namespace frazil::source::kafka {

// Limits of one record batch. A record that exceeds them is a batch by itself.
struct BatchLimits {
  size_t records = 10000;
  size_t bytes = 4 << 20;
  size_t max_record_bytes = std::numeric_limits<size_t>::max();  // longer records are left out (RecordBatch::left_out)
};

// Knows the next offset. A message below it was delivered before; offsets that a message skips are gaps. Not
// thread-safe.
class PartitionQueue {
 public:
  PartitionQueue(record::TopicPartition source, int64_t position)
      : source_(std::move(source)), returned_(position), next_(position) {}

  const record::TopicPartition& source() const { return source_; }
  // The offset of the next expected record.
  int64_t position() const { return next_; }
  bool empty() const { return messages_.empty() && returned_ == next_; }

  // `message` must stay alive until TakeBatches or Restart. A message below the position is ignored.
  void Add(const rd_kafka_message_s* message);
  // Says that every visible record below `end` has been added.
  void ReachedEnd(int64_t end) {
    if (end > next_) next_ = end;
  }
  // Drops the added messages and continues at `position`.
  void Restart(int64_t position);

  // Copies the added messages into batches and appends these to `out`. The batches cover everything up to the position.
  void TakeBatches(const BatchLimits& limits, bool want_headers, std::vector<record::RecordBatch>& out);

 private:
  record::TopicPartition source_;
  int64_t returned_;  // TakeBatches has returned everything below it
  int64_t next_;
  std::vector<const rd_kafka_message_s*> messages_;
};

}  // namespace frazil::source::kafka
