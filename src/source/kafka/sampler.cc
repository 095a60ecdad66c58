#include "source/kafka/sampler.h"

#include <librdkafka/rdkafka.h>

#include <algorithm>
#include <limits>
#include <map>

#include "source/kafka/admin.h"
#include "source/kafka/errors.h"
#include "source/kafka/messages.h"
#include "source/kafka/partition_queue.h"
#include "source/kafka/source_config.h"

namespace frazil::source::kafka {
namespace {

constexpr std::chrono::milliseconds kWait{100};
constexpr std::chrono::seconds kNothingFor{30};
constexpr size_t kTogether = 64;  // partitions whose records are fetched at a time, to bound what comes ahead
// Of one partition's records; together they take about what may wait to be read.
constexpr int64_t kLeastBytes = 16 << 10;
constexpr int64_t kMostBytes = 1 << 20;
constexpr BatchLimits kOneBatch{std::numeric_limits<size_t>::max(), std::numeric_limits<size_t>::max()};

}  // namespace

Result<std::unique_ptr<Sampler>> Sampler::Open(const Options& options) {
  ClientConfig config = SourceConfig(options);
  config.defaults["client.id"] = "frazil-sample";
  // A sample is small: no use in fetching far ahead, nor much of each partition, all of which would become messages.
  config.defaults["queued.min.messages"] = "1000";
  config.defaults["fetch.message.max.bytes"] = "65536";
  config.owned["queued.max.messages.kbytes"].value = "1024";
  config.on_rebalance = [](int, rd_kafka_topic_partition_list_t*) {};
  std::unique_ptr<Sampler> sampler(new Sampler(options.want_headers, options.queue_bytes));
  FRAZIL_ASSIGN_OR_RETURN(sampler->client_, Client::Open(std::move(config)));
  sampler->client_->RedirectToConsumerQueue();
  sampler->queue_.reset(rd_kafka_queue_get_consumer(sampler->client_->get()));
  return sampler;
}

// The records of one partition that belong to the sample.
class Sampler::Stretch {
 public:
  Stretch(const TopicPartition& partition, int64_t from, int max_records, int64_t bytes)
      : records_(partition, from), from_(from), wanted_(max_records), bytes_(bytes) {}

  const TopicPartition& source() const { return records_.source(); }
  int64_t from() const { return from_; }
  bool whole() const { return wanted_ == 0; }
  std::string Describe() const {
    return fmt::format("reading Kafka topic {} partition {} from offset {}", source().topic, source().partition, from_);
  }

  void Add(const rd_kafka_message_t* message) {
    records_.Add(message);
    bytes_ -= static_cast<int64_t>(message->len);
    wanted_ = bytes_ > 0 ? wanted_ - 1 : 0;
  }
  void ReachedEnd(int64_t end) {
    records_.ReachedEnd(end);
    wanted_ = 0;
  }
  record::RecordBatch Take(bool want_headers) {
    std::vector<record::RecordBatch> batches;
    records_.TakeBatches(kOneBatch, want_headers, batches);
    if (!batches.empty()) return std::move(batches.front());
    record::RecordBatch nothing;
    nothing.source = source();
    nothing.first = nothing.next = from_;
    return nothing;
  }

 private:
  PartitionQueue records_;
  const int64_t from_;
  int wanted_;     // more records
  int64_t bytes_;  // that they may take
};

Result<std::vector<record::RecordBatch>> Sampler::Read(const Positions& from, int max_records) {
  std::vector<record::RecordBatch> sample;
  const int64_t each = most_bytes_ / std::max<int64_t>(1, static_cast<int64_t>(from.size()));
  const int64_t bytes = std::clamp(each, kLeastBytes, kMostBytes);
  for (auto next = from.begin(); next != from.end();) {
    Stretches stretches;
    for (; next != from.end() && stretches.size() < kTogether; ++next) {
      stretches.emplace_back(next->first, next->second, max_records, bytes);
    }
    Messages messages;
    FRAZIL_RETURN_IF_ERROR(ReadTogether(stretches, messages));
    for (Stretch& stretch : stretches) sample.push_back(stretch.Take(want_headers_));
  }
  return sample;
}

Status Sampler::ReadTogether(Stretches& stretches, Messages& messages) {
  Positions starts;
  std::map<TopicPartition, Stretch*> open;
  for (Stretch& stretch : stretches) {
    if (stretch.whole()) continue;
    starts[stretch.source()] = stretch.from();
    open[stretch.source()] = &stretch;
  }
  const PartitionList assignment = ToList(starts);
  struct Unassign {
    rd_kafka_t* client;
    rd_kafka_topic_partition_list_t* assignment;
    ~Unassign() {
      rd_kafka_resume_partitions(client, assignment);  // pauses outlive an assignment
      rd_kafka_assign(client, nullptr);
    }
  } unassign{client_->get(), assignment.get()};
  if (const auto code = rd_kafka_assign(client_->get(), assignment.get())) {
    return FailWith(code, stretches.front().Describe());
  }

  auto give_up = std::chrono::steady_clock::now() + kNothingFor;
  while (!open.empty()) {
    const auto taken = messages.Take(queue_.get(), kWait);
    if (!taken.empty()) give_up = std::chrono::steady_clock::now() + kNothingFor;
    std::vector<TopicPartition> whole;
    for (const rd_kafka_message_t* each : taken) {
      const auto found = open.find({each->rkt ? rd_kafka_topic_name(each->rkt) : "", each->partition});
      if (found == open.end()) {
        // Of no partition, or of one that is whole and was still on its way.
        if (each->err && !each->rkt && !IsTransient(each->err)) {
          return FailWith(each->err, stretches.front().Describe(), rd_kafka_message_errstr(each));
        }
        continue;
      }
      Stretch& stretch = *found->second;
      if (each->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
        stretch.ReachedEnd(each->offset);
      } else if (each->err == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET) {
        return tl::unexpected<Error>(
            OffsetGone(*client_, stretch.source(), stretch.from(), rd_kafka_message_errstr(each)));
      } else if (each->err) {
        if (!IsTransient(each->err)) return FailWith(each->err, stretch.Describe(), rd_kafka_message_errstr(each));
      } else {
        stretch.Add(each);
      }
      if (!stretch.whole()) continue;
      whole.push_back(stretch.source());
      open.erase(found);
    }
    if (!whole.empty()) rd_kafka_pause_partitions(client_->get(), ToList(whole).get());
    if (open.empty()) break;
    const std::string what = open.begin()->second->Describe();
    FRAZIL_RETURN_IF_ERROR(client_->GoOn(what));
    if (std::chrono::steady_clock::now() >= give_up) return client_->Unreachable(what);
  }
  return {};
}

}  // namespace frazil::source::kafka
