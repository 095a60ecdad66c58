#include "source/kafka/sampler.h"

#include <librdkafka/rdkafka.h>

#include <limits>

#include "source/kafka/admin.h"
#include "source/kafka/errors.h"
#include "source/kafka/messages.h"
#include "source/kafka/partition_queue.h"
#include "source/kafka/source_config.h"

namespace frazil::source::kafka {
namespace {

constexpr std::chrono::milliseconds kWait{100};
constexpr std::chrono::seconds kNothingFor{30};
constexpr BatchLimits kOneBatch{std::numeric_limits<size_t>::max(), std::numeric_limits<size_t>::max()};

}  // namespace

Result<std::unique_ptr<Sampler>> Sampler::Open(const Options& options) {
  ClientConfig config = SourceConfig(options);
  config.defaults["client.id"] = "frazil-sample";
  // A sample is small: no use in fetching far ahead.
  config.defaults["queued.min.messages"] = "1000";
  config.on_rebalance = [](int, rd_kafka_topic_partition_list_t*) {};
  std::unique_ptr<Sampler> sampler(new Sampler(options.want_headers));
  FRAZIL_ASSIGN_OR_RETURN(sampler->client_, Client::Open(std::move(config)));
  sampler->client_->RedirectToConsumerQueue();
  sampler->queue_.reset(rd_kafka_queue_get_consumer(sampler->client_->get()));
  return sampler;
}

Result<record::RecordBatch> Sampler::Read(const TopicPartition& partition, int64_t from, int max_records) {
  const std::string what =
      fmt::format("reading Kafka topic {} partition {} from offset {}", partition.topic, partition.partition, from);
  PartitionQueue records(partition, from);
  Messages messages;
  int count = 0;
  bool at_end = false;
  if (max_records > 0) {
    if (const auto code = rd_kafka_assign(client_->get(), ToList(Positions{{partition, from}}).get())) {
      return FailWith(code, what);
    }
  }
  struct Unassign {
    rd_kafka_t* client;
    ~Unassign() { rd_kafka_assign(client, nullptr); }
  } unassign{client_->get()};

  auto give_up = std::chrono::steady_clock::now() + kNothingFor;
  while (count < max_records && !at_end) {
    const auto taken = messages.Take(queue_.get(), kWait);
    if (!taken.empty()) give_up = std::chrono::steady_clock::now() + kNothingFor;
    for (const rd_kafka_message_t* each : taken) {
      if (count == max_records || at_end) break;
      if (each->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
        records.ReachedEnd(each->offset);
        at_end = true;
      } else if (each->err == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET) {
        return tl::unexpected<Error>(OffsetGone(*client_, partition, from, rd_kafka_message_errstr(each)));
      } else if (each->err) {
        if (!IsTransient(each->err)) return FailWith(each->err, what, rd_kafka_message_errstr(each));
      } else {
        records.Add(each);
        ++count;
      }
    }
    if (auto error = client_->TakeError()) return Wrap(*error, what);
    if (std::chrono::steady_clock::now() >= give_up) return client_->Unreachable(what);
  }

  std::vector<record::RecordBatch> batches;
  records.TakeBatches(kOneBatch, want_headers_, batches);
  if (!batches.empty()) return std::move(batches.front());
  record::RecordBatch nothing;
  nothing.source = partition;
  nothing.first = nothing.next = from;
  return nothing;
}

}  // namespace frazil::source::kafka
