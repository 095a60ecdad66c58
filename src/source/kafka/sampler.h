// Reads stretches of partitions outside the consumer group.
#pragma once

#include <memory>
#include <vector>

#include "source/kafka/client.h"
#include "source/kafka/options.h"
#include "source/source.h"

namespace frazil::source::kafka {

class Messages;

class Sampler {
 public:
  static Result<std::unique_ptr<Sampler>> Open(const Options& options);

  // As Source::ReadSample.
  Result<std::vector<record::RecordBatch>> Read(const Positions& from, int max_records);

 private:
  class Stretch;
  using Stretches = std::vector<Stretch>;

  // What the stretches hold lives as long as `messages`.
  Status ReadTogether(Stretches& stretches, Messages& messages);
  Sampler(bool want_headers, int64_t most_bytes) : want_headers_(want_headers), most_bytes_(most_bytes) {}

  const bool want_headers_;
  const int64_t most_bytes_;  // of a sample, about
  std::unique_ptr<Client> client_;
  Owned<rd_kafka_queue_s> queue_;
};

}  // namespace frazil::source::kafka
