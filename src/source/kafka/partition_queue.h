// Messages of one partition on their way from librdkafka to record batches that join without a hole.
#pragma once

#include <cstdint>
#include <limits>
#include <vector>

#include "record/record_batch.h"
#include "source/kafka/handles.h"

namespace frazil::source::kafka {

// Bounds of one record batch; a record larger than that is a batch alone.
struct BatchLimits {
  size_t records = 10000;
  size_t bytes = 4 << 20;
  size_t max_record_bytes = std::numeric_limits<size_t>::max();  // longer ones are left out (RecordBatch::left_out)
};

// Knows which offset comes next: what lies below was delivered, what lies above is a gap.
class PartitionQueue {
 public:
  PartitionQueue(record::TopicPartition source, int64_t position)
      : source_(std::move(source)), returned_(position), next_(position) {}

  const record::TopicPartition& source() const { return source_; }
  // Where the next record is expected.
  int64_t position() const { return next_; }
  bool empty() const { return messages_.empty() && returned_ == next_; }

  // `message` stays alive until TakeBatches or Restart; below the position it is ignored.
  void Add(const rd_kafka_message_s* message);
  // The log has nothing visible below `end` that was not added.
  void ReachedEnd(int64_t end) {
    if (end > next_) next_ = end;
  }
  // Drops what was added and goes on at `position`.
  void Restart(int64_t position);

  // Copies what was added out; the batches cover everything up to the position.
  void TakeBatches(const BatchLimits& limits, bool want_headers, std::vector<record::RecordBatch>& out);

 private:
  record::TopicPartition source_;
  int64_t returned_;  // batches below this were taken
  int64_t next_;
  std::vector<const rd_kafka_message_s*> messages_;
};

}  // namespace frazil::source::kafka
