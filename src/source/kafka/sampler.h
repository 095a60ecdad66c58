// Reads single stretches of partitions outside the consumer group.
#pragma once

#include <memory>

#include "source/kafka/client.h"
#include "source/kafka/options.h"
#include "source/source.h"

namespace frazil::source::kafka {

class Sampler {
 public:
  static Result<std::unique_ptr<Sampler>> Open(const Options& options);

  // Up to `max_records` from `from` on; less if the partition ends before.
  Result<record::RecordBatch> Read(const TopicPartition& partition, int64_t from, int max_records);

 private:
  explicit Sampler(bool want_headers) : want_headers_(want_headers) {}

  const bool want_headers_;
  std::unique_ptr<Client> client_;
  Owned<rd_kafka_queue_s> queue_;
};

}  // namespace frazil::source::kafka
